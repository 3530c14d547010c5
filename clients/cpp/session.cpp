#include "session.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <system_error>

#include "google_rpc.pb.h"

namespace {

constexpr int MESSAGE_BYTES = 64 * 1024 * 1024;
constexpr std::chrono::milliseconds POLL{50};
constexpr int EXIT_INTERRUPTED = 130;

volatile std::sig_atomic_t interrupted = 0;

// A signal handler may do no more than this; the watcher of the call does the rest. A second Ctrl-C ends the program.
void on_interrupt(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

// gRPC's code names, by number.
const char* code_name(grpc::StatusCode code) {
  static const char* const NAMES[] = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  const auto number = static_cast<std::size_t>(code);
  return number < sizeof(NAMES) / sizeof(NAMES[0]) ? NAMES[number] : "UNKNOWN";
}

bool is_plain_name(const std::string& name) {
  static const std::string SEPARATORS("/\\:\0", 4);
  return !name.empty() && name != "." && name != ".." && name.find_first_of(SEPARATORS) == std::string::npos;
}

// Whether gRPC takes a word into a call's metadata; it ends the program where it does not.
bool can_be_sent(const std::string& word) {
  return std::all_of(word.begin(), word.end(), [](char character) { return '!' <= character && character <= '~'; });
}

}  // namespace

std::shared_ptr<grpc::Channel> open_channel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(MESSAGE_BYTES);
  arguments.SetMaxSendMessageSize(MESSAGE_BYTES);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

std::string random_id() {
  std::random_device source;
  std::ostringstream text;
  text << std::hex;
  for (int digit = 0; digit < 32; ++digit) {
    text << (source() & 15U);
  }
  return text.str();
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (!file || std::filesystem::is_directory(path) || !(content << file.rdbuf())) {
    throw ExampleError(path.string() + " cannot be read or is empty");
  }
  return content.str();
}

void write_result(const std::filesystem::path& folder, const std::string& name, const std::string& content) {
  if (!is_plain_name(name)) {
    throw ExampleError("the server sent a file named '" + name + "', which is not a plain name");
  }
  const auto target = folder / name;
  const auto temporary = folder / ("." + random_id() + ".part");
  std::error_code error;
  {
    std::ofstream file(temporary, std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.close();
    if (!file) {
      error = std::make_error_code(std::errc::io_error);
    }
  }
  if (!error) {
    std::filesystem::rename(temporary, target, error);
  }
  if (error) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    throw ExampleError(target.string() + " cannot be written: " + error.message());
  }
}

int report(const grpc::Status& status) {
  std::cerr << code_name(status.error_code()) << ": " << status.error_message() << "\n";
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  if (details.ParseFromString(status.error_details())) {  // the bytes of the trailer grpc-status-details-bin
    for (const auto& detail : details.details()) {
      if (detail.UnpackTo(&info) && info.domain() == "facewright") {
        std::cerr << "reason: " << info.reason() << "\n";
        const auto remedy = info.metadata().find("remedy");
        if (remedy != info.metadata().end()) {
          std::cerr << "remedy: " << remedy->second << "\n";
        }
      }
    }
  }
  return was_interrupted() ? EXIT_INTERRUPTED : EXIT_FAILURE;
}

void catch_interrupts() {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
}

bool was_interrupted() { return interrupted != 0; }

Call::Call(std::chrono::seconds deadline) {
  context.set_deadline(std::chrono::system_clock::now() + deadline);
  context.AddMetadata("x-facewright-client", random_id());
  const char* token = std::getenv("FACEWRIGHT_TOKEN");
  if (token != nullptr && *token != '\0') {
    if (!can_be_sent(token)) {
      throw ExampleError("FACEWRIGHT_TOKEN has characters that cannot be sent; give one word of ASCII characters");
    }
    context.AddMetadata("authorization", std::string("Bearer ") + token);
  }
  watcher_ = std::thread([this] {
    while (!is_over_) {
      if (was_interrupted()) {
        context.TryCancel();
        return;
      }
      std::this_thread::sleep_for(POLL);
    }
  });
}

Call::~Call() {
  is_over_ = true;
  watcher_.join();
}
