// What both subcommands need: files, the channel, a call that Ctrl-C cancels, and errors in words.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include <grpcpp/grpcpp.h>

// A file or a server was not as it has to be; what() says what.
struct ExampleError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Return a connection to a server, as in "127.0.0.1:50550"; it takes messages of up to 64 MiB both ways.
std::shared_ptr<grpc::Channel> open_channel(const std::string& address);

// Return hexadecimal digits of random bits, for ids and temporary names.
std::string random_id();

// Return the bytes of a file, or throw ExampleError.
std::string read_file(const std::filesystem::path& path);

// Write a file that a server made: under a temporary name first, then under its own. A name that could lead out of the
// folder is refused with ExampleError.
void write_result(const std::filesystem::path& folder, const std::string& name, const std::string& content);

// Print a failed call as code, message, reason and remedy and return the exit code of the program.
int report(const grpc::Status& status);

// Keep Ctrl-C for running calls. Call it once, before the first Call.
void catch_interrupts();

// Whether Ctrl-C was pressed.
bool was_interrupted();

// The context of one call: deadline, metadata, and a thread that cancels it on Ctrl-C.
class Call {
 public:
  explicit Call(std::chrono::seconds deadline);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  grpc::ClientContext context;

 private:
  std::atomic<bool> is_over_{false};
  std::thread watcher_;
};
