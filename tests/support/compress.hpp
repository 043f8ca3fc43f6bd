#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

#include <zlib.h>

namespace tributary {

enum class Compression { gzip, zlib, raw };

/// What a server that compresses would send.
inline std::string compress(std::string_view text, Compression how) {
    int const window_bits = how == Compression::gzip ? 15 + 16 : how == Compression::zlib ? 15 : -15;
    z_stream stream{};
    int const begun =
        ::deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
    if (begun != Z_OK) throw std::runtime_error("deflateInit2");
    std::string out(::deflateBound(&stream, text.size()) + 32, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    int const ended = ::deflate(&stream, Z_FINISH);
    out.resize(out.size() - stream.avail_out);
    ::deflateEnd(&stream);
    if (ended != Z_STREAM_END) throw std::runtime_error("deflate");
    return out;
}

}  // namespace tributary
