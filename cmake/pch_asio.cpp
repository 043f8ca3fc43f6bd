#include "pch_asio.hpp"
