// The subcommands; each returns the exit code of the program.
#pragma once

#include <filesystem>
#include <string>

// Fit a head to a photo, print how far it is, and write rig.json and head.glb into a folder.
int fit(const std::string& address, const std::filesystem::path& photo, const std::filesystem::path& folder);

// Send an image some times as the frames of a camera and print what the face does in it.
int live(const std::string& address, const std::filesystem::path& image, int count);
