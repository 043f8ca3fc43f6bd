#include "pch_tests.hpp"
