#include "runtime/committer.h"

#include <algorithm>
#include <set>

namespace millrace {

namespace {

// How long a committer that is to end waits for the answer to what it sent.
constexpr std::chrono::seconds last_patience{2};
constexpr std::chrono::milliseconds glance{50};

}  // namespace

// The blocks of a commit, and what they mean for the ledger once it is there.
struct Committer::Assembly {
  std::vector<RecordBlock> blocks;
  size_t state_block = 0;  // index of the state topic's block
  bool has_state = false;
  std::map<uint64_t, RejectedCover> covers;  // those that changed
};

Committer::Committer(Log& log, LogWriter& writer, CommitterOptions options)
    : log_(log), writer_(writer), options_(std::move(options)), ledger_(options_.state_log_slack_bytes) {
  if (options_.hook) writer_.on_produced([hook = options_.hook] { hook(StepPhase::produced); });
  thread_ = std::thread([this] { run(); });
}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Committer::submit(FinishedStep step, Done done) {
  std::unique_lock lock(mutex_);
  if (const auto failed = refused_.find(step.query); failed != refused_.end()) {
    const std::optional<Error> refused = failed->second;
    lock.unlock();
    return done(refused);
  }
  queue_.push_back({std::move(step), false, std::move(done)});
  lock.unlock();
  changed_.notify_all();
}

void Committer::admit(const std::string& query) {
  const std::lock_guard lock(mutex_);
  refused_.erase(query);
}

void Committer::urge() {
  {
    const std::lock_guard lock(mutex_);
    urged_ = true;
  }
  changed_.notify_all();
}

void Committer::end_query(const std::string& query, Done done) {
  std::vector<Work> dropped;
  {
    const std::lock_guard lock(mutex_);
    for (auto at = queue_.begin(); at != queue_.end();) {
      if (at->step.query != query) {
        ++at;
        continue;
      }
      dropped.push_back(std::move(*at));
      at = queue_.erase(at);
    }
    refused_.erase(query);
    own_commits_.erase(query);
    Work end;
    end.step.query = query;
    end.ends_query = true;
    end.done = std::move(done);
    queue_.push_back(std::move(end));
    urged_ = true;
  }
  changed_.notify_all();
  for (Work& work : dropped) work.done(Error(ErrorCode::cancelled, "the query was ended"));
}

void Committer::restore(const StateRecord& record, int64_t offset, size_t bytes) {
  const std::lock_guard lock(mutex_);
  ledger_.record(record, offset, bytes);
  if (record.kind == StateRecord::Kind::cover) covers_[record.source] = record.cover;
}

std::map<std::string, std::vector<Position>> Committer::take_progress() {
  const std::lock_guard lock(mutex_);
  return std::exchange(progress_, {});
}

std::vector<std::string> Committer::queries() const {
  const std::lock_guard lock(mutex_);
  return ledger_.queries();
}

std::vector<uint64_t> Committer::images_wanted(const std::string& query) const {
  const std::lock_guard lock(mutex_);
  return ledger_.images_wanted(query);
}

std::vector<std::string> Committer::holding_back() const {
  const std::lock_guard lock(mutex_);
  return ledger_.holding_back();
}

std::string Committer::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void Committer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    while (!stopping_ && !(urged_ && !queue_.empty())) {
      const auto first = std::min_element(queue_.begin(), queue_.end(),
                                          [this](const Work& a, const Work& b) { return due(a) < due(b); });
      if (first == queue_.end()) {
        changed_.wait(lock);
      } else if (const auto time = due(*first); time <= Clock::now()) {
        break;
      } else {
        changed_.wait_until(lock, time);
      }
    }
    if (stopping_) return;
    std::vector<Work> batch = take_batch();
    lock.unlock();
    commit(std::move(batch), false);
    trim();
    lock.lock();
    for (const std::string& query : std::exchange(ended_, {})) refused_.erase(query);
  }
}

// When the step is to be committed. Needs the mutex.
Committer::Clock::time_point Committer::due(const Work& work) const {
  if (work.ends_query || work.step.full) return {};
  if (!work.step.commit_interval) return last_commit_ + options_.interval;
  const auto last = own_commits_.find(work.step.query);
  return last == own_commits_.end() ? Clock::time_point() : last->second + *work.step.commit_interval;
}

// What is due, in order; as much of it as should go into one commit. Steps without an interval of their own keep each
// other company: they go as soon as one of them is due. Needs the mutex.
std::vector<Committer::Work> Committer::take_batch() {
  constexpr size_t own_partitions = 2;  // of the state and of the errors
  const auto now = Clock::now();
  std::set<std::string> due_queries;  // of those with their own
  bool others_due = false;
  for (const Work& work : queue_) {
    if (due(work) > now) continue;
    if (work.step.commit_interval)
      due_queries.insert(work.step.query);
    else
      others_due = true;
  }
  const auto is_due = [&](const Work& work) {
    return urged_ || (work.step.commit_interval ? due_queries.contains(work.step.query) : others_due);
  };
  std::vector<Work> batch;
  std::deque<Work> rest;
  std::set<std::pair<uint64_t, int32_t>> partitions;
  bool crowded = false;
  for (Work& work : queue_) {
    bool stays = crowded || !is_due(work);
    if (!stays) {
      for (const RecordBlock& block : work.step.outputs) partitions.emplace(block.topic, block.partition);
      stays = crowded = !batch.empty() && partitions.size() + own_partitions > writer_.partitions_at_once();
    }
    if (stays)
      rest.push_back(std::move(work));
    else
      batch.push_back(std::move(work));
  }
  for (const Work& work : batch) (work.step.commit_interval ? own_commits_[work.step.query] : last_commit_) = now;
  queue_ = std::move(rest);
  urged_ = crowded;
  return batch;
}

Committer::Assembly Committer::assemble(const std::vector<Work>& batch) const {
  Assembly out;
  RecordBlockBuilder state(options_.state_topic.value, 0);
  ErrorRows errors;
  auto cover_of = [&](uint64_t source) -> RejectedCover& {
    const auto [at, fresh] = out.covers.try_emplace(source);
    const auto known = covers_.find(source);
    if (fresh && known != covers_.end()) at->second = known->second;
    return at->second;
  };
  auto add = [&](const EncodedRecord& record) { state.add(0, record.key, record.value); };
  for (const Work& work : batch) {
    const FinishedStep& step = work.step;
    if (work.ends_query) {
      add(encode_ended(step.query));
      continue;
    }
    out.blocks.insert(out.blocks.end(), step.outputs.begin(), step.outputs.end());
    for (const auto& change : step.changes)
      add(encode_block(step.query, step.progress.step, change.container, change.block));
    add(encode_progress(step.query, step.progress));
    for (const FailedRow& row : step.failed)
      errors.add(*step.inputs[row.input].source, step.query, row, step.progress.processing_time);
    for (const FinishedStep::Input& input : step.inputs) {
      if (input.rejected.empty()) continue;
      RejectedCover& cover = cover_of(input.source->id);
      for (const RejectedRecord& record : input.rejected)
        if (!cover[record.partition].contains(record.offset))
          errors.add(*input.source, record, step.progress.processing_time);
      for (size_t p = input.first_position; p < input.first_position + input.position_count; ++p)
        cover[step.progress.to[p].partition].add(step.progress.from[p].next, step.progress.to[p].next);
    }
  }
  for (const auto& [source, cover] : out.covers) add(encode_cover(source, cover));
  if (errors.size() > 0) out.blocks.push_back(errors.encode(options_.errors_topic, *options_.errors_format));
  if (state.size() > 0) {
    out.has_state = true;
    out.state_block = out.blocks.size();
    out.blocks.push_back(state.build());
  }
  return out;
}

CommitResult Committer::send(std::vector<RecordBlock> blocks, bool from_reserve) {
  // Shared with an answer that comes when nobody waits for it any more.
  struct Answer {
    std::mutex mutex;
    std::condition_variable there;
    std::optional<CommitResult> result;
  };
  const auto answer = std::make_shared<Answer>();
  auto done = [answer](CommitResult result) {
    const std::lock_guard lock(answer->mutex);
    answer->result = std::move(result);
    answer->there.notify_all();
  };
  if (from_reserve)
    writer_.append(std::move(blocks), AppendKind::from_reserve, std::move(done));
  else
    writer_.commit(std::move(blocks), std::move(done));
  std::optional<std::chrono::steady_clock::time_point> deadline;
  std::unique_lock lock(answer->mutex);
  while (!answer->there.wait_for(lock, glance, [&] { return answer->result.has_value(); })) {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard own_lock(mutex_);
    if (!stopping_) continue;
    if (!deadline) deadline = now + last_patience;
    if (now < *deadline) continue;
    CommitResult unknown;
    unknown.outcome = CommitOutcome::unknown;
    unknown.reason = "the server stopped before the log said what became of the commit";
    return unknown;
  }
  return *std::move(answer->result);
}

void Committer::commit(std::vector<Work> batch, bool from_reserve) {
  for (;;) {
    std::vector<std::pair<Work*, Error>> refused;
    {
      const std::lock_guard lock(mutex_);
      for (Work& work : batch) {
        const auto failed = refused_.find(work.step.query);
        if (failed != refused_.end() && !work.ends_query) refused.emplace_back(&work, failed->second);
        if (lost_) refused.emplace_back(&work, Error(ErrorCode::fenced, "another server owns the log"));
      }
    }
    for (auto& [work, error] : refused) {
      if (!work->done) continue;
      work->done(error);
      work->done = nullptr;
    }
    std::erase_if(batch, [](const Work& work) { return !work.done; });
    if (batch.empty()) return;
    const Assembly assembly = assemble(batch);
    if (options_.hook) options_.hook(StepPhase::commit_sent);
    const auto sent = std::chrono::steady_clock::now();
    const CommitResult result = send(assembly.blocks, from_reserve);
    if (options_.committed)
      options_.committed(
          std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - sent));
    if (options_.hook) options_.hook(StepPhase::committed);
    if (result.outcome == CommitOutcome::aborted && result.full) {
      std::vector<Work> ends;
      {
        std::unique_lock lock(mutex_);
        trouble_ = result.reason;
        const auto is_end = [](const Work& work) { return work.ends_query; };
        const auto some_end = [&] {
          return !from_reserve &&
                 (std::any_of(batch.begin(), batch.end(), is_end) || std::any_of(queue_.begin(), queue_.end(), is_end));
        };
        changed_.wait_for(lock, options_.retry, [&] { return stopping_ || some_end(); });
        if (stopping_) return;
        if (some_end()) ends = take_ends(batch);
      }
      if (!ends.empty()) commit(std::move(ends), true);
      continue;
    }
    if (result.outcome == CommitOutcome::aborted) {
      separate(std::move(batch), result);
      return;
    }
    settle(std::move(batch), assembly, result);
    return;
  }
}

// While there is no room: the queries that end, and with them what is left of their steps. Needs the mutex.
std::vector<Committer::Work> Committer::take_ends(std::vector<Work>& batch) {
  std::vector<Work> ends;
  auto take = [&ends](auto& works) {
    for (Work& work : works)
      if (work.ends_query) ends.push_back(std::move(work));
    std::erase_if(works, [](const Work& work) { return work.ends_query; });
  };
  take(batch);
  take(queue_);
  for (const Work& end : ends) {
    refused_.insert_or_assign(end.step.query, Error(ErrorCode::cancelled, "the query was ended"));
    ended_.push_back(end.step.query);
  }
  return ends;
}

void Committer::settle(std::vector<Work> batch, const Assembly& assembly, const CommitResult& result) {
  if (result.outcome != CommitOutcome::committed) {
    const bool fenced = result.outcome == CommitOutcome::fenced;
    const Error error(fenced ? ErrorCode::fenced : ErrorCode::log_failed,
                      result.reason.empty() ? "another server owns the log" : result.reason);
    {
      const std::lock_guard lock(mutex_);
      lost_ = true;
      trouble_ = error.message();
    }
    for (Work& work : batch) work.done(error);
    if (fenced && fenced_) fenced_();
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    trouble_.clear();
    for (const auto& [source, cover] : assembly.covers) covers_[source] = cover;
    if (assembly.has_state) {
      const RecordBlock& block = assembly.blocks[assembly.state_block];
      const int64_t first = result.first_offsets[assembly.state_block];
      for (size_t i = 0; i < block.size(); ++i)
        ledger_.record(decode_state_record(block.keys[i], block.values[i]), first + static_cast<int64_t>(i),
                       block.keys[i].size() + block.values[i].size());
    }
  }
  {
    const std::lock_guard lock(mutex_);
    for (Work& work : batch)
      if (!work.ends_query) progress_[work.step.query] = std::move(work.step.progress.to);
  }
  for (Work& work : batch) work.done(std::nullopt);
  if (options_.hook) options_.hook(StepPhase::answered);
}

// A commit failed for a reason of its contents: finds the query that is to blame and sends the others again.
void Committer::separate(std::vector<Work> batch, const CommitResult& result) {
  const Error error(ErrorCode::log_failed, result.reason);
  auto guilty = [&](const Work& work) {
    if (!result.topic) return batch.size() == 1;
    return std::any_of(work.step.outputs.begin(), work.step.outputs.end(),
                       [&](const RecordBlock& block) { return block.topic == result.topic->value; });
  };
  std::vector<Work> rest;
  bool found = false;
  for (Work& work : batch) found = found || guilty(work);
  if (!found && batch.size() > 1) {
    // Nobody is named: each on its own shows whose it is.
    for (Work& work : batch) {
      std::vector<Work> one;
      one.push_back(std::move(work));
      commit(std::move(one), false);
    }
    return;
  }
  for (Work& work : batch) {
    if (guilty(work) || !found) {
      fail(work, error);
    } else {
      rest.push_back(std::move(work));
    }
  }
  if (!rest.empty()) commit(std::move(rest), false);
}

void Committer::fail(Work& work, const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    refused_.insert_or_assign(work.step.query, error);
  }
  work.done(error);
}

void Committer::trim() {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_trim_ < std::chrono::seconds(1)) return;
  last_trim_ = now;
  try {
    const int64_t end = log_.offsets(options_.state_topic, 0).end;  // may ask a cluster: nobody waits for it
    int64_t oldest = 0;
    {
      const std::lock_guard lock(mutex_);
      if (lost_) return;
      oldest = ledger_.oldest_needed(end);
    }
    log_.trim(options_.state_topic, 0, oldest);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::unavailable) return;  // the log says so itself, and another commit comes
    const std::lock_guard lock(mutex_);
    trouble_ = error.message();
  }
}

}  // namespace millrace
