#include "pch_std.hpp"
