#include <xtape/autodiff/error.hpp>
#include <xtape/files/gzip.hpp>

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

namespace xtape::files {

namespace {

// zlib counts in 32 bits.
uInt chunk(std::size_t size) {
    return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

}  // namespace

bool is_gzip(std::span<const std::byte> bytes) {
    return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

void GzipReader::Closer::operator()(z_stream_s* stream) const {
    inflateEnd(stream);
    delete stream;
}

GzipReader::GzipReader(std::span<const std::byte> compressed, std::string name)
    : compressed_(compressed), name_(std::move(name)) {
    auto stream = std::make_unique<z_stream>();
    constexpr int gzip_only = 15 + 16;  // largest window, gzip wrapper
    if (inflateInit2(stream.get(), gzip_only) != Z_OK) throw std::bad_alloc();
    stream_.reset(stream.release());
}

GzipReader::~GzipReader() = default;

void GzipReader::feed() {
    if (stream_->avail_in != 0) return;
    const uInt count = chunk(compressed_.size() - handed_);
    // zlib never writes through next_in; its interface predates const.
    stream_->next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(compressed_.data() + handed_));
    stream_->avail_in = count;
    handed_ += count;
}

std::size_t GzipReader::position() const { return handed_ - stream_->avail_in; }

bool GzipReader::next_member() {
    const std::span<const std::byte> left = compressed_.subspan(position());
    if (left.empty()) return false;
    if (!is_gzip(left)) {
        throw DataError(name_ + ": expected the end of the file after the gzip data, got " +
                        std::to_string(left.size()) + " more bytes at byte " + std::to_string(position()));
    }
    inflateReset(stream_.get());
    return true;
}

std::size_t GzipReader::read(std::span<std::byte> into) {
    std::size_t filled = 0;
    while (!ended_ && filled < into.size()) {
        feed();
        const uInt room = chunk(into.size() - filled);
        stream_->next_out = reinterpret_cast<Bytef*>(into.data() + filled);
        stream_->avail_out = room;
        const int status = inflate(stream_.get(), Z_NO_FLUSH);
        filled += room - stream_->avail_out;
        if (status == Z_STREAM_END) {
            ended_ = !next_member();
        } else if (status == Z_MEM_ERROR) {
            throw std::bad_alloc();
        } else if (status == Z_DATA_ERROR || status == Z_NEED_DICT || status == Z_STREAM_ERROR) {
            throw DataError(name_ + ": expected intact gzip data, got \"" +
                            (stream_->msg != nullptr ? stream_->msg : "unusable data") + "\" near byte " +
                            std::to_string(position()));
        } else if (position() == compressed_.size() && stream_->avail_out != 0) {
            throw DataError(name_ + ": expected more gzip data, got the end of the file at byte " +
                            std::to_string(position()) + " (truncated)");
        }
    }
    return filled;
}

std::vector<std::byte> gunzip(std::span<const std::byte> compressed, std::size_t max_bytes, const std::string& name) {
    GzipReader reader(compressed, name);
    constexpr std::size_t first_room = 1 << 16;
    std::vector<std::byte> bytes(std::min(max_bytes, first_room));
    std::size_t filled = reader.read(bytes);
    while (filled == bytes.size() && bytes.size() < max_bytes) {
        bytes.resize(bytes.size() > max_bytes / 2 ? max_bytes : bytes.size() * 2);
        filled += reader.read(std::span(bytes).subspan(filled));
    }
    std::byte beyond;
    if (filled == max_bytes && reader.read({&beyond, 1}) != 0) {
        throw DataError(name + ": expected at most " + std::to_string(max_bytes) +
                        " bytes after decompression, got more");
    }
    bytes.resize(filled);
    return bytes;
}

}  // namespace xtape::files
