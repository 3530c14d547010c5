#include "commands.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

#include "facewright/v1/expression.grpc.pb.h"
#include "session.hpp"

namespace v1 = facewright::v1;
using Stream = grpc::ClientReaderWriter<v1::StreamExpressionsRequest, v1::StreamExpressionsResponse>;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::minutes DEADLINE{5};
constexpr std::chrono::milliseconds FRAME_INTERVAL{33};
constexpr std::size_t STRONGEST = 5;

// What came from the server, the latest of each kind.
struct Answers {
  v1::StreamStarted started;
  v1::Expression expression;
  v1::StreamStatus status;
  int expression_count = 0;
};

// Send the header, then the frames at the pace of a camera; stop early when the call has ended or was cancelled.
void send_frames(Stream& stream, const std::string& image, int count) {
  v1::StreamExpressionsRequest request;
  request.mutable_header();
  bool is_open = stream.Write(request);
  auto& frame = *request.mutable_frame();
  frame.set_encoded(image);
  const auto start = Clock::now();
  for (int number = 1; is_open && number <= count; ++number) {
    const auto taken = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch());
    frame.set_frame_id(static_cast<std::uint64_t>(number));
    frame.set_timestamp_us(taken.count());
    is_open = stream.Write(request);
    std::this_thread::sleep_until(start + number * FRAME_INTERVAL);
  }
  stream.WritesDone();
}

Answers read_answers(Stream& stream) {
  Answers answers;
  v1::StreamExpressionsResponse response;
  while (stream.Read(&response)) {
    if (response.has_started()) {
      answers.started = response.started();
      std::printf("blendshapes: %d\n", answers.started.blendshapes_size());
    } else if (response.has_expression()) {
      answers.expression = response.expression();
      ++answers.expression_count;
    } else if (response.has_status()) {
      answers.status = response.status();
    }
  }
  return answers;
}

const char* state_name(v1::TrackingState state) {
  switch (state) {
    case v1::TRACKING_STATE_TRACKED:
      return "tracked";
    case v1::TRACKING_STATE_HELD:
      return "held";
    case v1::TRACKING_STATE_LOST:
      return "lost";
    default:
      return "unknown";
  }
}

void print_strongest(const v1::StreamStarted& started, const v1::Expression& expression) {
  const int count = std::min(started.blendshapes_size(), expression.coefficients_size());
  std::vector<std::pair<float, std::string>> ranked;
  for (int index = 0; index < count; ++index) {
    ranked.emplace_back(expression.coefficients(index), started.blendshapes(index));
  }
  const auto shown = std::min(STRONGEST, ranked.size());
  std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(shown), ranked.end(),
                    [](const auto& left, const auto& right) { return left.first > right.first; });
  for (std::size_t rank = 0; rank < shown; ++rank) {
    std::printf("  %-20s %.3f\n", ranked[rank].second.c_str(), ranked[rank].first);
  }
}

void print_answers(const Answers& answers) {
  const auto& last = answers.expression;
  if (answers.expression_count > 0) {
    std::printf("expressions: %d; the last, of frame %llu, is %s\n", answers.expression_count,
                static_cast<unsigned long long>(last.frame_id()), state_name(last.state()));
    print_strongest(answers.started, last);
  }
  const auto& status = answers.status;
  std::printf("frames: %llu received, %llu answered, %llu dropped, %llu damaged; median work %.1f ms\n",
              static_cast<unsigned long long>(status.received_frames()),
              static_cast<unsigned long long>(status.answered_frames()),
              static_cast<unsigned long long>(status.dropped_frames()),
              static_cast<unsigned long long>(status.damaged_frames()), status.median_work_ms());
  if (!status.notice().empty()) {
    std::printf("notice: %s\n", status.notice().c_str());
  }
}

}  // namespace

int live(const std::string& address, const std::filesystem::path& image, int count) {
  const auto content = read_file(image);

  Call call(DEADLINE);
  const auto stub = v1::ExpressionService::NewStub(open_channel(address));
  const auto stream = stub->StreamExpressions(&call.context);
  std::thread sender([&] { send_frames(*stream, content, count); });
  const auto answers = read_answers(*stream);
  sender.join();
  const auto status = stream->Finish();
  if (!status.ok()) {
    return report(status);
  }
  print_answers(answers);
  if (answers.expression_count == 0) {
    throw ExampleError("the server answered no frame");
  }
  return EXIT_SUCCESS;
}
