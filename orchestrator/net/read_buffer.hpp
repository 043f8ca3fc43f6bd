#pragma once
#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include "orchestrator/net/stream.hpp"

namespace tributary::net {

/// Bytes that were read and that no parser has taken yet. Only for .cpp files of this folder. Grows up to a bound, shrinks between messages.
class ReadBuffer {
public:
    std::string_view view() const { return {bytes_.data(), used_}; }
    bool empty() const { return used_ == 0; }
    void consume(std::size_t taken) {
        std::memmove(bytes_.data(), bytes_.data() + taken, used_ - taken);
        used_ -= taken;
    }
    void commit(std::size_t read) { used_ += read; }
    /// Where to read to. Empty: `most` bytes are waiting already.
    boost::asio::mutable_buffer room(std::size_t most) {
        if (used_ == bytes_.size())
            bytes_.resize(std::min(std::max(used_ * 2, kSmall), std::max(most, used_)));
        return boost::asio::buffer(bytes_.data() + used_, bytes_.size() - used_);
    }
    /// A long body follows: fewer, larger reads.
    void widen() {
        if (bytes_.size() < kLarge) bytes_.resize(kLarge);
    }
    void shrink() {
        if (bytes_.size() > kSmall && used_ <= kSmall) {
            bytes_.resize(kSmall);
            bytes_.shrink_to_fit();
        }
    }
    /// What is left is dropped, and the memory given back.
    void release() {
        std::string().swap(bytes_);
        used_ = 0;
    }

private:
    static constexpr std::size_t kSmall = 4096;
    static constexpr std::size_t kLarge = 65536;

    std::string bytes_;
    std::size_t used_ = 0;
};

/// Gives the parser what was read. No code: it is done, or wants more.
template <class Parser>
error_code feed(Parser& parser, ReadBuffer& buffer) {
    while (!buffer.empty() && !parser.is_done()) {
        error_code code;
        std::size_t const taken = parser.put(boost::asio::buffer(buffer.view()), code);
        buffer.consume(taken);
        if (code == boost::beast::http::error::need_more) return {};
        if (code) return code;
        if (taken == 0) return {};
    }
    return {};
}

}  // namespace tributary::net
