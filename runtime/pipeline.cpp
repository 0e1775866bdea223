#include "runtime/pipeline.h"

#include "runtime/check.h"
#include "runtime/system_time.h"

namespace millrace {

namespace {

constexpr size_t state_block_bytes_max = 900'000;

}  // namespace

Pipeline::Pipeline(const Log& log, std::string query, PipelineParts parts, std::vector<Position> start,
                   StepBounds bounds)
    : query_(std::move(query)),
      parts_(std::move(parts)),
      bounds_(bounds),
      positions_(std::move(start)),
      merge_(log, parts_.inputs),
      rejected_(parts_.inputs.size()) {
  for (const auto& op : parts_.operators)
    for (StateContainer* container : op->containers()) containers_.push_back(container);
  progress_.from = positions_;
  progress_.to = positions_;
  place_inputs();
}

// Where each input's partitions are among the positions: each begins with partition 0.
void Pipeline::place_inputs() {
  size_t at = 0;
  for (PipelineInput& input : parts_.inputs) {
    input.first_position = at;
    while (at < positions_.size() && (positions_[at].partition != 0 || at == input.first_position)) ++at;
    input.position_count = at - input.first_position;
  }
  if (at != positions_.size() || parts_.inputs.back().position_count == 0)
    throw Error(ErrorCode::state_unreadable, "query " + query_ + ": its positions are not those of " +
                                                 std::to_string(parts_.inputs.size()) + " inputs");
  merge_.reset();
}

bool Pipeline::add_partitions(const Log& log) {
  if (started()) return false;
  bool any = false;
  std::vector<Position> grown, from;
  for (const PipelineInput& input : parts_.inputs) {
    const auto begin = static_cast<std::ptrdiff_t>(input.first_position);
    const auto end = begin + static_cast<std::ptrdiff_t>(input.position_count);
    grown.insert(grown.end(), positions_.begin() + begin, positions_.begin() + end);
    if (progress_pending_) from.insert(from.end(), progress_.from.begin() + begin, progress_.from.begin() + end);
    const auto topic = log.describe(input.reader->source().topic.id);
    for (auto p = static_cast<int32_t>(input.position_count); topic && p < topic->partitions; ++p) {
      const Position first{topic->id, p, 0};  // what retention took before it was read is an error, not left out
      grown.push_back(first);
      from.push_back(first);
      any = true;
    }
  }
  if (!any) return false;
  positions_ = std::move(grown);
  if (progress_pending_) progress_.from = std::move(from);
  place_inputs();
  return true;
}

void Pipeline::restore(const StateRecord& record) {
  if (record.kind == StateRecord::Kind::block) {
    if (record.container >= containers_.size())
      throw Error(ErrorCode::state_unreadable, "query " + query_ + ": a state block is for container " +
                                                   std::to_string(record.container) + ", the plan has " +
                                                   std::to_string(containers_.size()));
    containers_[record.container]->load(record.bucket, record.image_start, record.bytes);
    return;
  }
  if (record.kind != StateRecord::Kind::progress) return;
  // Numbers are contiguous, but that older records may have been trimmed, and progress may be repeated.
  if (progress_.step != 0 && record.progress.step != progress_.step && record.progress.step != progress_.step + 1)
    throw Error(ErrorCode::state_unreadable, "query " + query_ + ": step " + std::to_string(record.progress.step) +
                                                 " follows step " + std::to_string(progress_.step));
  progress_ = record.progress;
  positions_ = progress_.to;
  place_inputs();
  step_.counters = progress_.counters;
}

void Pipeline::begin_step() {
  began_ = std::chrono::steady_clock::now();
  step_.processing_time = system_milliseconds();
  if (!progress_pending_) progress_.from = positions_;
}

bool Pipeline::advance(const PhaseHook& hook) {
  std::vector<Position> after = positions_;
  const auto part = merge_.next(after);
  if (!part) return false;
  if (hook) hook(StepPhase::read);
  if (!started()) begin_step();
  step_.input = part->input;
  step_.counters.rows_in += static_cast<int64_t>(part->records);
  step_.counters.rejected += static_cast<int64_t>(part->rejected.size());
  auto& rejected = rejected_[part->input];
  rejected.insert(rejected.end(), part->rejected.begin(), part->rejected.end());
  if (part->batch.rows > 0) parts_.inputs[part->input].entry->process(part->batch, step_);
  positions_ = std::move(after);
  step_rows_ += static_cast<int64_t>(part->records);
  step_bytes_ += static_cast<int64_t>(part->bytes);
  return true;
}

bool Pipeline::full() const {
  const auto sink_bytes = parts_.sink == nullptr ? 0 : static_cast<int64_t>(parts_.sink->bytes());
  return started() && (step_rows_ >= bounds_.rows || step_bytes_ >= bounds_.bytes || sink_bytes >= bounds_.bytes ||
                       std::chrono::steady_clock::now() - began_ >= std::chrono::milliseconds(bounds_.milliseconds));
}

std::optional<FinishedStep> Pipeline::finish(const std::vector<uint64_t>& images, bool progress_too) {
  if (!started()) begin_step();  // one that only writes images
  FinishedStep step;
  step.full = full();
  for (auto& op : parts_.operators) op->end_step(step_);
  if (parts_.sink != nullptr) step.outputs = parts_.sink->take_blocks();
  for (size_t c = 0; c < containers_.size(); ++c)
    for (StateBlock& block : containers_[c]->take_changes(state_block_bytes_max, c < images.size() ? images[c] : 0))
      step.changes.push_back({static_cast<uint8_t>(c), std::move(block)});
  for (size_t i = 0; i < parts_.inputs.size(); ++i) {
    const PipelineInput& input = parts_.inputs[i];
    step.inputs.push_back({std::shared_ptr<const Source>(input.reader, &input.reader->source()), input.first_position,
                           input.position_count, std::move(rejected_[i])});
    rejected_[i].clear();
  }
  step.failed = std::move(step_.failed);
  step_.failed.clear();
  progress_pending_ = progress_pending_ || step_rows_ > 0;
  step_rows_ = 0;
  step_bytes_ = 0;
  progress_.processing_time = step_.processing_time;
  progress_.to = positions_;
  progress_.counters = step_.counters;
  if (!step.has_effects() && !(progress_too && progress_pending_)) return std::nullopt;
  ++progress_.step;
  progress_pending_ = false;
  step.query = query_;
  step.progress = progress_;
  return step;
}

size_t Pipeline::state_bytes() const {
  size_t sum = 0;
  for (const StateContainer* container : containers_) sum += container->bytes();
  return sum;
}

std::vector<std::pair<size_t, size_t>> Pipeline::operator_states() const {
  std::vector<std::pair<size_t, size_t>> states;
  for (const auto& op : parts_.operators) {
    auto& [entries, bytes] = states.emplace_back();
    for (const StateContainer* container : op->containers()) {
      entries += container->entries();
      bytes += container->bytes();
    }
  }
  return states;
}

std::string Pipeline::layout() const {
  std::string text;
  for (const StateContainer* container : containers_) text += container->layout() + "\n";
  return text;
}

}  // namespace millrace
