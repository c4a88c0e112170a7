#include <xtape/data/png.hpp>
#include <xtape/data/png_chunks.hpp>
#include <xtape/files/read.hpp>
#include <xtape/files/write.hpp>

#include <png.h>

#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <new>
#include <type_traits>

namespace xtape::data {

namespace {

using Message = std::array<char, 200>;

// libpng leaves a call that fails by longjmp, past every frame in between, back to here. So what is called may hold no
// object with a destructor while libpng is at work; nothing between is C++ but `call` itself.
template <class F>
[[gnu::noinline]] bool completes(png_structp png, F call) {
    static_assert(std::is_trivially_destructible_v<F>);
    if (setjmp(png_jmpbuf(png)) != 0) return false;
    call();
    return true;
}

[[noreturn]] void on_error(png_structp png, png_const_charp text) {
    auto& message = *static_cast<Message*>(png_get_error_ptr(png));
    std::snprintf(message.data(), message.size(), "%s", text);
    png_longjmp(png, 1);
}

// With only the chunks that make the picture read, every warning is about its pixels.
void on_warning(png_structp png, png_const_charp text) { on_error(png, text); }

// libpng's memory comes from where everybody's comes from, and is counted there.
png_voidp allocate(png_structp, png_alloc_size_t size) { return ::operator new(size, std::nothrow); }
void release(png_structp, png_voidp memory) { ::operator delete(memory); }

struct Source {
    const std::byte* next;
    std::size_t left;
};

void take(png_structp png, png_bytep into, std::size_t count) {
    auto& source = *static_cast<Source*>(png_get_io_ptr(png));
    if (count > source.left) png_error(png, "the file ends too early");
    std::memcpy(into, source.next, count);
    source.next += count;
    source.left -= count;
}

class Decoder {
public:
    Decoder(std::span<const std::byte> bytes, const std::string& name) : source_{bytes.data(), bytes.size()}, name_(name) {
        png_ = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &message_, on_error, on_warning, nullptr, allocate, release);
        if (png_ != nullptr) info_ = png_create_info_struct(png_);
        if (info_ == nullptr) {
            png_destroy_read_struct(&png_, nullptr, nullptr);
            throw std::bad_alloc();
        }
    }
    ~Decoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    // Reads up to the pixels, and asks for them in the form that read_png gives. Returns the number of channels.
    std::size_t start() {
        run([this] {
            png_set_read_fn(png_, &source_, take);
            png_set_crc_action(png_, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);  // check_png has compared them
            png_set_benign_errors(png_, 0);
            png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
            png_read_info(png_, info_);
            png_set_scale_16(png_);
            png_set_expand(png_);
            const bool transparent = png_get_valid(png_, info_, PNG_INFO_tRNS) != 0;
            const int color = png_get_color_type(png_, info_);
            if (color == PNG_COLOR_TYPE_GRAY_ALPHA || (color == PNG_COLOR_TYPE_GRAY && transparent)) png_set_gray_to_rgb(png_);
            passes_ = png_set_interlace_handling(png_);
            png_read_update_info(png_, info_);
        });
        return png_get_channels(png_, info_);
    }

    void read(std::uint8_t* pixels, std::size_t height, std::size_t row_bytes) {
        run([=, this] {
            if (png_get_rowbytes(png_, info_) != row_bytes) png_error(png_, "rows of another length");
            for (int pass = 0; pass < passes_; ++pass) {
                for (std::size_t row = 0; row < height; ++row) png_read_row(png_, pixels + row * row_bytes, nullptr);
            }
            png_read_end(png_, nullptr);
        });
    }

private:
    template <class F>
    void run(F call) {
        if (completes(png_, call)) return;
        throw DataError(name_ + ": expected a picture that libpng can read, got \"" + message_.data() + "\"");
    }

    Source source_;
    const std::string& name_;
    Message message_ = {};
    png_structp png_ = nullptr;
    png_infop info_ = nullptr;
    int passes_ = 1;
};

class Encoder {
public:
    Encoder() {
        png_ = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &message_, on_error, on_warning, nullptr, allocate, release);
        if (png_ != nullptr) info_ = png_create_info_struct(png_);
        if (info_ == nullptr) {
            png_destroy_write_struct(&png_, nullptr);
            throw std::bad_alloc();
        }
    }
    ~Encoder() { png_destroy_write_struct(&png_, &info_); }
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;

    std::vector<std::byte> encode(const ByteArray& image, std::size_t channels) {
        static constexpr std::array colors = {PNG_COLOR_TYPE_GRAY, 0, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
        const std::size_t height = image.shape()[0], width = image.shape()[1];
        const std::uint8_t* pixels = image.data();
        const bool complete = completes(png_, [=, this] {
            png_set_write_fn(png_, &bytes_, append, nullptr);
            png_set_IHDR(png_, info_, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), 8, colors[channels - 1],
                         PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
            png_write_info(png_, info_);
            for (std::size_t row = 0; row < height; ++row) png_write_row(png_, pixels + row * width * channels);
            png_write_end(png_, nullptr);
        });
        if (!complete) throw Error("png: expected a picture that libpng can write, got \"" + std::string(message_.data()) + "\"");
        return std::move(bytes_);
    }

private:
    static void append(png_structp png, png_bytep data, std::size_t count) {
        auto& bytes = *static_cast<std::vector<std::byte>*>(png_get_io_ptr(png));
        bool done = false;
        try {
            const auto* from = reinterpret_cast<const std::byte*>(data);
            bytes.insert(bytes.end(), from, from + count);
            done = true;
        } catch (const std::bad_alloc&) {
        }
        if (!done) png_error(png, "out of memory");  // here, where no exception is in flight
    }

    Message message_ = {};
    std::vector<std::byte> bytes_;
    png_structp png_ = nullptr;
    png_infop info_ = nullptr;
};

}  // namespace

ByteArray read_png(std::span<const std::byte> bytes, const std::string& name) {
    const detail::PngHeader header = detail::check_png(bytes, name);
    Decoder decoder(bytes, name);
    const std::size_t channels = decoder.start();
    ByteArray image = empty_array<std::uint8_t>(Shape{header.height, header.width, channels});
    decoder.read(image.data(), header.height, header.width * channels);
    return image;
}

ByteArray read_png(const std::filesystem::path& path) {
    const std::vector<std::byte> bytes = files::read_file(path);
    return read_png(bytes, path.string());
}

std::vector<std::byte> encode_png(const ByteArray& image, Location at) {
    const Shape& shape = image.shape();
    const std::size_t channels = shape.size() == 3 ? shape[2] : shape.size() == 2 ? 1 : 0;
    const bool sized = channels != 0 && shape[0] >= 1 && shape[1] >= 1 && shape[0] <= max_png_side && shape[1] <= max_png_side;
    if (!sized || channels == 2 || channels > 4) {
        throw ShapeError("png: expected an image (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) with sides from 1 to " +
                             std::to_string(max_png_side) + ", got shape " + to_string(shape),
                         at);
    }
    return Encoder().encode(image, channels);
}

void write_png(const std::filesystem::path& path, const ByteArray& image, Location at) {
    files::write_atomically(path, encode_png(image, at));
}

}  // namespace xtape::data
