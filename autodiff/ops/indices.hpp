// Indices that an operation, its record and its derivatives hold together.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <memory>
#include <utility>

namespace xtape::detail {

/// An index array that the copies of an operation share: the tape's record of it does not copy a million indices.
class SharedIndices {
public:
    SharedIndices() = default;
    SharedIndices(IndexArray indices)
        : indices_(std::allocate_shared<const IndexArray>(PoolAllocator<IndexArray>{}, std::move(indices))) {}

    const IndexArray& operator*() const { return *indices_; }
    const IndexArray* operator->() const { return indices_.get(); }

private:
    std::shared_ptr<const IndexArray> indices_;
};

}  // namespace xtape::detail
