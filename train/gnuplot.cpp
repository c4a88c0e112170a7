#include <xtape/train/gnuplot.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

extern char** environ;

namespace xtape::train::detail {
namespace {

std::string system_error(int code) { return std::strerror(code); }

// A file without a name that vanishes with the last descriptor.
class Scratch {
public:
    explicit Scratch(Location at) : descriptor_(memfd_create("xtape-plot", MFD_CLOEXEC)), at_(at) {
        if (descriptor_ < 0) fail();
    }
    ~Scratch() { close(descriptor_); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    int descriptor() const { return descriptor_; }

    void write(std::string_view text) {
        while (!text.empty()) {
            const ssize_t n = ::write(descriptor_, text.data(), text.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) fail();
            text.remove_prefix(static_cast<std::size_t>(n));
        }
        if (lseek(descriptor_, 0, SEEK_SET) < 0) fail();
    }

    std::string read() {
        std::string text;
        char buffer[65536];
        if (lseek(descriptor_, 0, SEEK_SET) < 0) fail();
        for (;;) {
            const ssize_t n = ::read(descriptor_, buffer, sizeof buffer);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) fail();
            if (n == 0) return text;
            text.append(buffer, static_cast<std::size_t>(n));
        }
    }

private:
    [[noreturn]] void fail() const { throw IoError("plot: temporary memory: " + system_error(errno), at_); }

    int descriptor_;
    Location at_;
};

class FileActions {
public:
    FileActions() { posix_spawn_file_actions_init(&actions_); }
    ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;

    void connect(int from, int to) { posix_spawn_file_actions_adddup2(&actions_, from, to); }
    const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
    posix_spawn_file_actions_t actions_;
};

// The first line of what gnuplot complained about, without the echo of the script that stands in front of it.
std::string complaint(const std::string& text) {
    std::size_t begin = text.find("line ");
    if (begin == std::string::npos) begin = text.find_first_not_of(" \n\t");
    if (begin == std::string::npos) return "no message";
    return text.substr(begin, text.find('\n', begin) - begin);
}

// Standard output of gnuplot on this script.
std::string run(const std::string& script, Location at) {
    Scratch in(at), out(at), err(at);
    in.write(script);
    FileActions actions;
    actions.connect(in.descriptor(), STDIN_FILENO);
    actions.connect(out.descriptor(), STDOUT_FILENO);
    actions.connect(err.descriptor(), STDERR_FILENO);

    // -d: the user's own start-up files would change the pictures.
    char name[] = "gnuplot", defaults[] = "-d", standard_input[] = "-";
    char* arguments[] = {name, defaults, standard_input, nullptr};
    pid_t process = 0;
    const int code = posix_spawnp(&process, name, actions.get(), nullptr, arguments, environ);
    if (code == ENOENT) throw IoError("plot: gnuplot was not found; install it with: apt-get install gnuplot-nox", at);
    if (code != 0) throw IoError("plot: gnuplot cannot be started: " + system_error(code), at);

    int status = 0;
    while (waitpid(process, &status, 0) < 0) {
        if (errno != EINTR) throw IoError("plot: gnuplot: " + system_error(errno), at);
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        throw IoError("plot: gnuplot failed: " + complaint(err.read()), at);
    }
    std::string picture = out.read();
    if (picture.empty()) throw IoError("plot: gnuplot drew nothing: " + complaint(err.read()), at);
    return picture;
}

}  // namespace

std::string gnuplot_text(std::string_view text) {
    // Between single quotes only the quote itself is special. gnuplot reads a doubled one wrongly at the beginning of a
    // string, so each stands as a string of its own.
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'') {
            quoted += "'.\"\\047\".'";
        } else {
            quoted += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? ' ' : c;
        }
    }
    return quoted + "'";
}

std::string picture_format(const std::filesystem::path& file, std::size_t width, std::size_t height, Location at) {
    constexpr std::size_t least = 100, most = 10000;
    if (std::min(width, height) < least || std::max(width, height) > most) {
        throw ConfigError(
            fmt::format("plot: expected a size of {} to {} pixels each way, got {} x {}", least, most, width, height),
            at);
    }
    const std::string extension = file.extension().string();
    if (extension == ".svg" || extension == ".SVG") return "svg";
    if (extension == ".png" || extension == ".PNG") return "png";
    throw ConfigError("plot: expected a file name that ends in .svg or .png, got \"" + file.string() + "\"", at);
}

void draw(const std::filesystem::path& file, std::size_t width, std::size_t height, const std::string& script,
          Location at) {
    const std::string format = picture_format(file, width, height, at);
    const std::string terminal =
        format == "svg"
            ? fmt::format("set terminal svg noenhanced size {},{} font 'Helvetica,14' background rgb 'white'\n", width,
                          height)
            : fmt::format("set terminal pngcairo noenhanced size {},{} font 'Sans,10'\n", width, height);
    const std::string picture = run(terminal + "set encoding utf8\n" + script, at);

    errno = 0;
    std::ofstream out(file, std::ios::binary);
    out.write(picture.data(), static_cast<std::streamsize>(picture.size()));
    out.close();
    if (!out) {
        throw IoError("plot: " + file.string() + ": cannot be written: " + system_error(errno != 0 ? errno : EIO), at);
    }
}

}  // namespace xtape::train::detail
