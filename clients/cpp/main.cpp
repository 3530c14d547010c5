// Example of a Facewright client: reads the command line and runs a subcommand.
#include <charconv>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "commands.hpp"
#include "session.hpp"

namespace {

constexpr int EXIT_USAGE = 64;
constexpr int FRAMES = 30;
constexpr int MOST_FRAMES = 5000;

int usage() {
  std::cerr << "usage: facewright_example ADDRESS fit PHOTO OUT_DIR\n"
               "       facewright_example ADDRESS live IMAGE [COUNT]\n"
               "ADDRESS is host:port of the server; COUNT is 1 to "
            << MOST_FRAMES << ", " << FRAMES << " when left out.\n";
  return EXIT_USAGE;
}

// Return the number that a word spells, or 0 if it spells none.
int parse_count(const std::string& word) {
  int count = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), count);
  return error == std::errc() && end == word.data() + word.size() ? count : 0;
}

}  // namespace

int main(int argument_count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + argument_count);
  catch_interrupts();
  try {
    if (words.size() == 4 && words[1] == "fit") {
      return fit(words[0], words[2], words[3]);
    }
    if ((words.size() == 3 || words.size() == 4) && words[1] == "live") {
      const int count = words.size() == 4 ? parse_count(words[3]) : FRAMES;
      return count < 1 || count > MOST_FRAMES ? usage() : live(words[0], words[2], count);
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return EXIT_FAILURE;
  }
  return usage();
}
