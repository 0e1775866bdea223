// What decoding costs per row: 205-byte JSON records of 8 fields, beside a bare simdjson loop over the same bytes.
#include <fmt/format.h>
#include <simdjson.h>
#include <sys/resource.h>

#include <functional>

#include "connectors/format_registry.h"
#include "tests/benchmark/benchmark.h"
#include "tests/benchmark/rows.h"

namespace millrace {

namespace {

constexpr size_t batch_rows = 8192;
constexpr size_t rounds = 40;

const std::vector<Field> fields = benchmark::row_fields();

double cpu_ns() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
}

struct Measured {
  std::string what;
  std::function<void()> run;
  double best = 1e18;
};

// The best of several rounds, in which each has its turn: other work on the machine only adds, and to all of them.
void measure(std::vector<Measured>& all) {
  for (size_t round = 0; round < 10; ++round) {
    for (Measured& measured : all) {
      const double begin = cpu_ns();
      for (size_t i = 0; i < rounds; ++i) measured.run();
      const double ns = (cpu_ns() - begin) / static_cast<double>(rounds * batch_rows);
      if (round != 0) measured.best = std::min(measured.best, ns);
    }
  }
}

// Two fields, read in the order in which they come, into two sums.
uint64_t bare_loop(simdjson::ondemand::parser& parser, std::string& scratch, std::span<const Bytes> payloads) {
  uint64_t sum = 0;
  for (const Bytes payload : payloads) {
    std::memcpy(scratch.data(), payload.data(), payload.size());
    auto document = parser.iterate(scratch.data(), payload.size(), scratch.size());
    std::string_view airport;
    int64_t delay = 0;
    if (document.find_field("AIRPORT").get_string().get(airport) != simdjson::SUCCESS ||
        document.find_field("DELAY").get_int64().get(delay) != simdjson::SUCCESS)
      continue;
    sum += airport.size() + static_cast<uint64_t>(delay);
  }
  return sum;
}

// Every field by its kind, as a hand-written reader of just these records would.
uint64_t bare_loop_all(simdjson::ondemand::parser& parser, std::string& scratch, std::span<const Bytes> payloads) {
  uint64_t sum = 0;
  for (const Bytes payload : payloads) {
    std::memcpy(scratch.data(), payload.data(), payload.size());
    auto document = parser.iterate(scratch.data(), payload.size(), scratch.size());
    int64_t id = 0;
    int64_t delay = 0;
    int64_t departed = 0;
    double fare = 0;
    bool cancelled = false;
    std::string_view texts[3];
    if (document.find_field("ID").get_int64().get(id) || document.find_field("AIRPORT").get_string().get(texts[0]) ||
        document.find_field("DELAY").get_int64().get(delay) || document.find_field("FARE").get_double().get(fare) ||
        document.find_field("CARRIER").get_string().get(texts[1]) ||
        document.find_field("CANCELLED").get_bool().get(cancelled) ||
        document.find_field("DEPARTED").get_int64().get(departed) ||
        document.find_field("REMARK").get_string().get(texts[2]))
      continue;
    sum += static_cast<uint64_t>(id + delay + departed) + static_cast<uint64_t>(fare) + (cancelled ? 1 : 0) +
           texts[0].size() + texts[1].size() + texts[2].size();
  }
  return sum;
}

Measured decode_columns(const Format& format, std::string what, std::span<const Bytes> payloads,
                        std::vector<size_t> wanted) {
  const std::shared_ptr<Decoder> decoder = format.make_decoder(fields, false, {});
  return {std::move(what), [decoder, payloads, wanted = std::move(wanted)] {
            std::vector<std::shared_ptr<Column>> columns(fields.size());
            for (const size_t f : wanted) columns[f] = std::make_shared<Column>(fields[f].type, payloads.size());
            RowErrors errors;
            decoder->decode(payloads, columns, errors);
            if (errors.count() != 0) throw std::runtime_error(errors.errors()[0].reason);
          }};
}

}  // namespace

}  // namespace millrace

namespace millrace::benchmark {

int benchmark_decode(const std::vector<std::string>&) {
  std::mt19937_64 random(1);
  std::string bytes;
  for (size_t i = 0; i < batch_rows; ++i) bytes += make_row(random);
  std::vector<Bytes> payloads;
  for (size_t i = 0; i < batch_rows; ++i) payloads.emplace_back(bytes.data() + i * 205, 205);

  FormatRegistry formats;
  register_all_formats(formats);
  const Format& json = *formats.find("JSON");
  simdjson::ondemand::parser parser;
  std::string scratch(205 + simdjson::SIMDJSON_PADDING, ' ');
  volatile uint64_t sink = 0;
  std::vector<Measured> all;
  all.push_back({"bare simdjson loop, 2 of 8 fields", [&] { sink = sink + bare_loop(parser, scratch, payloads); }});
  all.push_back({"bare simdjson loop, 8 of 8 fields", [&] { sink = sink + bare_loop_all(parser, scratch, payloads); }});
  all.push_back(decode_columns(json, "JSON, 0 of 8 columns (all are checked)", payloads, {}));
  all.push_back(decode_columns(json, "JSON, 2 of 8 columns (all are checked)", payloads, {1, 2}));
  all.push_back(decode_columns(json, "JSON, 8 of 8 columns", payloads, {0, 1, 2, 3, 4, 5, 6, 7}));
  measure(all);
  for (const Measured& measured : all)
    fmt::print("{:<44} {:7.1f} ns/row  {:5.2f} x\n", measured.what, measured.best, measured.best / all[1].best);
  return 0;
}

}  // namespace millrace::benchmark
