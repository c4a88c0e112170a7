// Stands for the headers that xtape_precompile compiles: CMake wants a source beside them.
