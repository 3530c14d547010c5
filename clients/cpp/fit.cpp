#include "commands.hpp"

#include <cstdio>
#include <iostream>

#include "facewright/v1/fitting.grpc.pb.h"
#include "session.hpp"

namespace v1 = facewright::v1;

namespace {

constexpr std::chrono::minutes DEADLINE{10};  // the fit may have to wait for others

v1::FitPhotoRequest make_request(const std::filesystem::path& photo) {
  v1::FitPhotoRequest request;
  request.set_request_id(random_id());
  auto& fit = *request.mutable_fit();
  fit.add_photos()->set_content(read_file(photo));
  fit.add_files(v1::RESULT_FILE_RIG_JSON);
  fit.add_files(v1::RESULT_FILE_GLB);
  return request;
}

void print_progress(const v1::FitProgress& progress) {
  std::printf("%-12s %u/%u", progress.stage().c_str(), progress.step(), progress.steps());
  if (progress.has_loss()) {
    std::printf("  loss %.4f", progress.loss());
  }
  std::printf("  %.0f %%\n", 100.0 * progress.fraction());
  std::fflush(stdout);
}

void print_result(const v1::FitResult& result) {
  const auto& pose = result.head_pose();
  const auto& place = pose.translation_m();
  std::printf("head pose: yaw %.1f, pitch %.1f, roll %.1f degrees at (%.3f, %.3f, %.3f) m\n", pose.yaw_deg(),
              pose.pitch_deg(), pose.roll_deg(), place.x(), place.y(), place.z());
  std::printf("bones: %d\n", result.bones_size());
}

}  // namespace

int fit(const std::string& address, const std::filesystem::path& photo, const std::filesystem::path& folder) {
  const auto request = make_request(photo);
  std::filesystem::create_directories(folder);

  Call call(DEADLINE);
  const auto stub = v1::FittingService::NewStub(open_channel(address));
  const auto reader = stub->FitPhoto(&call.context, request);
  v1::FitResult result;
  bool has_result = false;
  v1::FitPhotoResponse response;
  while (reader->Read(&response)) {
    if (response.has_accepted()) {
      std::printf("accepted as %s, %u before it\n", response.accepted().job_id().c_str(),
                  response.accepted().queue_position());
    } else if (response.has_progress()) {
      print_progress(response.progress());
    } else if (response.has_result()) {
      result.Swap(response.mutable_result());
      has_result = true;
    }
  }
  const auto status = reader->Finish();
  if (!status.ok()) {
    return report(status);
  }
  if (!has_result) {
    throw ExampleError("the server ended the call without a result");
  }
  print_result(result);
  for (const auto& file : result.files()) {
    write_result(folder, file.name(), file.content());
    std::cout << "wrote " << (folder / file.name()).string() << ", " << file.content().size() << " bytes\n";
  }
  return EXIT_SUCCESS;
}
