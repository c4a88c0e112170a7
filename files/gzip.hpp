// Decompression of gzip data (RFC 1952) that nobody vouches for: output is bounded, checksums and lengths are checked.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct z_stream_s;

namespace xtape::files {

/// Whether the bytes start like a gzip member (1F 8B).
bool is_gzip(std::span<const std::byte> bytes);

/// No deflate stream grows by more than this factor (zlib's technical notes: "a limit of 1032:1").
inline constexpr std::size_t max_gzip_ratio = 1032;

/// Reads gzip data from front to back, one or several members. Every byte handed out is inflated from bytes present;
/// memory is a constant besides the caller's. `compressed` must outlive the reader; `name` is the file in error
/// messages.
class GzipReader {
public:
    GzipReader(std::span<const std::byte> compressed, std::string name);
    ~GzipReader();
    GzipReader(const GzipReader&) = delete;
    GzipReader& operator=(const GzipReader&) = delete;

    /// Fills `into` from the front and returns how many bytes were read: fewer than asked for only at the end. The end
    /// is reported only after the checksum, the length and the absence of further bytes have been checked. Throws
    /// DataError with the position in the compressed data when that is truncated, damaged or followed by anything that
    /// is not gzip.
    std::size_t read(std::span<std::byte> into);

private:
    struct Closer {
        void operator()(z_stream_s* stream) const;
    };
    void feed();
    bool next_member();
    std::size_t position() const;

    std::span<const std::byte> compressed_;
    std::size_t handed_ = 0;  // how many of them zlib has been given
    std::string name_;
    std::unique_ptr<z_stream_s, Closer> stream_;
    bool ended_ = false;
};

/// All of it. Throws DataError as above, or when there are more than max_bytes after decompression; never holds more
/// than twice that.
std::vector<std::byte> gunzip(std::span<const std::byte> compressed, std::size_t max_bytes, const std::string& name);

}  // namespace xtape::files
