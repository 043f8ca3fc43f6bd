#pragma once
#include <cstdint>

namespace tributary::async {

/// Random numbers that spread what would happen together; not for secrets. A value.
class Jitter {
public:
    explicit Jitter(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {  // splitmix64
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }

private:
    std::uint64_t state_;
};

}  // namespace tributary::async
