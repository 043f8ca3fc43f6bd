#include "orchestrator/net/content_coding.hpp"

#include <algorithm>
#include <limits>
#include <new>

#include <zlib.h>

#include "fhir/base/ascii.hpp"

namespace tributary::net {

namespace {

constexpr int kGzipOnly = 15 + 16;
constexpr int kZlib = 15;
constexpr int kRawDeflate = -15;
constexpr std::size_t kSlice = std::size_t{256} * 1024;

/// Some servers send "deflate" without the zlib wrapper that the name stands for.
int window_bits(ContentCoding coding, std::string_view compressed) {
    if (coding == ContentCoding::gzip) return kGzipOnly;
    bool const wrapped =
        compressed.size() >= 2 && (static_cast<unsigned char>(compressed[0]) & 0x0fU) == Z_DEFLATED &&
        (static_cast<unsigned char>(compressed[0]) * 256U + static_cast<unsigned char>(compressed[1])) %
                31U ==
            0;
    return wrapped ? kZlib : kRawDeflate;
}

/// "none" is no name, but sent by some as one.
ContentCoding named(std::string_view name) {
    if (name.empty() || name == "identity" || name == "none") return ContentCoding::identity;
    if (name == "gzip" || name == "x-gzip") return ContentCoding::gzip;
    return name == "deflate" ? ContentCoding::deflate : ContentCoding::unknown;
}

Failure damaged() { return {Errc::protocol, "the compressed body is damaged or cut short"}; }

}  // namespace

struct Inflater::State {
    explicit State(ContentCoding coding, std::string_view compressed)
        : multiple(coding == ContentCoding::gzip) {
        if (::inflateInit2(&stream, window_bits(coding, compressed)) != Z_OK) throw std::bad_alloc();
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
        stream.avail_in =
            static_cast<uInt>(std::min<std::size_t>(compressed.size(), std::numeric_limits<uInt>::max()));
    }
    State(State const&) = delete;
    State& operator=(State const&) = delete;
    ~State() { ::inflateEnd(&stream); }

    z_stream stream{};
    bool multiple;  // gzip members may follow one another
};

Inflater::Inflater(ContentCoding coding, std::string_view compressed, std::size_t limit)
    : state_(std::make_unique<State>(coding, compressed)), limit_(limit) {}
Inflater::~Inflater() = default;

Result<bool> Inflater::step(std::size_t slice) {
    z_stream& stream = state_->stream;
    // One byte more than allowed, so that a body of just the limit is told apart from a longer one.
    std::size_t const room = std::min(slice, limit_ + 1 - output_.size());
    if (slice_.size() < room) slice_.resize(room);
    stream.next_out = reinterpret_cast<Bytef*>(slice_.data());
    stream.avail_out = static_cast<uInt>(room);
    int const code = ::inflate(&stream, Z_NO_FLUSH);
    output_.append(slice_, 0, room - stream.avail_out);
    if (output_.size() > limit_)
        return Failure(Errc::too_large, "the body is larger than allowed once decompressed");
    if (code == Z_STREAM_END) {
        if (stream.avail_in == 0 || !state_->multiple) return false;
        if (::inflateReset(&stream) != Z_OK) return damaged();
        return true;
    }
    bool const stuck = stream.avail_in == 0 && stream.avail_out > 0;
    if (code != Z_OK || stuck) return damaged();
    return true;
}

ContentCoding parse_content_coding(std::string_view field) {
    auto coding = ContentCoding::identity;
    while (!field.empty()) {
        auto const end = std::min(field.find(','), field.size());
        auto const one = named(ascii::lower(ascii::trim(field.substr(0, end))));
        if (one != ContentCoding::identity && coding != ContentCoding::identity)
            return ContentCoding::unknown;
        if (one != ContentCoding::identity) coding = one;
        field.remove_prefix(std::min(end + 1, field.size()));
    }
    return coding;
}

Result<std::string> inflate(ContentCoding coding, std::string_view compressed, std::size_t limit) {
    Inflater inflater(coding, compressed, limit);
    for (;;) {
        auto more = inflater.step(kSlice);
        if (!more) return more.error();
        if (!*more) return inflater.take();
    }
}

}  // namespace tributary::net
