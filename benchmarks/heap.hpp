// How often a program asks for memory.
#pragma once

namespace bench {

/// Calls of malloc and its relatives by anything in the process, operator new and OpenBLAS included.
long heap_allocations();

}  // namespace bench
