#pragma once
#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace tributary::bench {

/// `"p50": …, "p90": …, "p99": …` of these times, as members of a JSON object. Throws where nothing was measured.
inline std::string percentiles(std::vector<double> times) {
    if (times.empty()) throw std::runtime_error("nothing was measured");
    std::sort(times.begin(), times.end());
    auto const at = [&](double share) {
        return times[static_cast<std::size_t>(share * static_cast<double>(times.size()))];
    };
    std::ostringstream text;
    text << "\"p50\": " << at(0.5) << ", \"p90\": " << at(0.9) << ", \"p99\": " << at(0.99);
    return text.str();
}

}  // namespace tributary::bench
