#include "fhir/base/failure.hpp"

#include <boost/system/system_error.hpp>

#include "fhir/base/outcome_table.hpp"

namespace tributary {

namespace {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored \
    "-Wnon-virtual-dtor"  // error_category's is protected and not virtual by design
class Category final : public boost::system::error_category {
public:
    char const* name() const noexcept override { return "tributary"; }
    std::string message(int value) const override {
        return std::string(outcome_of(static_cast<Errc>(value)).name);
    }
};
#pragma GCC diagnostic pop

/// The generic codes of async/results.hpp become ours, so that one comparison suffices.
boost::system::error_code translate(boost::system::error_code code) {
    namespace errc = boost::system::errc;
    if (code == errc::timed_out) return make_error_code(Errc::timeout);
    if (code == errc::no_buffer_space) return make_error_code(Errc::throttled);
    if (code == errc::broken_pipe) return make_error_code(Errc::closed);
    return code;
}

}  // namespace

boost::system::error_category const& category() {
    static Category const instance;
    return instance;
}

boost::system::error_code make_error_code(Errc code) { return {static_cast<int>(code), category()}; }

Failure::Failure(boost::system::error_code code, std::string detail)
    : code_(translate(code)), detail_(std::move(detail)) {}

Errc Failure::errc() const {
    return code_.category() == category() ? static_cast<Errc>(code_.value()) : Errc::bug;
}

void throw_exception_from_error(Failure const& failure, boost::source_location const&) {
    throw boost::system::system_error(failure.code(), failure.detail());
}

}  // namespace tributary
