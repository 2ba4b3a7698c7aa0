// What names of files and folders may not hold, whoever gives them.
#pragma once
#include <cstdint>

namespace reelvault {

// Control characters, line separators, and the marks that turn the direction of what follows, by which "exe.vom" can
// be made to read "mov.exe". The joiners of emoji and the plain direction marks of right-to-left names stay.
bool unwanted_in_names(std::int32_t code_point);

// Takes room on a screen, or leaves a mark there: no space, format character or other thing that nobody sees.
bool visible(std::int32_t code_point);

}  // namespace reelvault
