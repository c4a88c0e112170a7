# Cuts the C++ snippets out of a Markdown file: each ```cpp block becomes DIR/NAME_<n>.cpp, its name printed.
#   ```cpp       a whole program
#   ```cpp file  declarations
#   ```cpp body  statements
function open_file(kind) {
    file = dir "/" name "_" ++count ".cpp"
    print file
    print "// From " FILENAME ", line " FNR "." > file
    if (kind != "") print "#include <xtape/xtape.hpp>\n#include <cmath>\nusing namespace xtape;" > file
    if (kind == "body") print "void snippet();\nvoid snippet() {" > file
    print "#line " (FNR + 1) " \"" FILENAME "\"" > file
}
/^```cpp/ { kind = $2; inside = 1; open_file(kind); next }
/^```/ && inside { if (kind == "body") print "}" > file; close(file); inside = 0; next }
inside { print > file }
