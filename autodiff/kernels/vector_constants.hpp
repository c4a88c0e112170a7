// The numbers behind vector_math.hpp.
//
// Polynomials, lowest power first, are those of the smallest relative error of the whole function, found by Remez' exchange in 60
// digits for the ranges named, and then rounded. Without the rounding they are within 2^-27 of the function in float and 2^-56
// in double.
#pragma once

#include <cstdint>

namespace xtape::detail {

template <class T>
struct VectorConstants;

template <>
struct VectorConstants<float> {
    static constexpr float ln2 = 0.693147182F;
    // ln 2 and log10 2 in two parts, the first short enough for its product with an exponent to be exact.
    static constexpr float ln2_high = 0.693145752F;
    static constexpr float ln2_low = 1.42860677e-6F;
    static constexpr float log10_2_high = 0.301025391F;
    static constexpr float log10_2_low = 4.60503907e-6F;
    static constexpr float log2_e = 1.44269502F;
    static constexpr float log2_e_low = 1.92596303e-8F;
    static constexpr float log10_e = 0.434294492F;
    static constexpr float log10_e_low = -1.010305e-8F;
    static constexpr float sqrt2 = 1.41421354F;
    static constexpr float sqrt_half = 0.707106769F;
    // Added to a number below 2^22 in size it leaves the nearest whole number in the lowest bits.
    static constexpr float shifter = 0x1.8p23F;
    static constexpr std::uint32_t shifter_bits = 0x4B400000;
    static constexpr std::uint32_t sqrt_half_bits = 0x3F3504F3;
    static constexpr std::uint32_t head_mask = 0xFFFFF000;

    // Beyond these arguments results are 0, infinite, -1 or 1 in any case.
    static constexpr float exp_lowest = -104, exp_highest = 90, exp2_lowest = -151, exp2_highest = 129;
    static constexpr float expm1_lowest = -18, expm1_highest = 89, tanh_saturated = 10, erf_saturated = 4.2F;
    static constexpr float erfc_vanishes = 10.1F, normal_vanishes = 14.28F;
    // Where other formulas take over.
    static constexpr float tanh_small = 0.55F, erf_small = 0.75F, erfc_small = 0.6F, normal_small = 0.85F;
    static constexpr float expm1_shift = 0.085F;

    /// (e^r - 1 - r) / r^2 for r from -0.3467 to 0.4060
    static constexpr float exponential[] = {
        0.5F, 0.166666701F, 0.0416663103F, 0.00833243784F, 0.00139445171F, 0.000204283031F
    };
    /// (ln(1 + f) - f + f^2/2) / f^3 for 1 + f between the square roots of 1/2 and 2
    static constexpr float logarithm[] = {
        0.333333164F, -0.250007957F, 0.200022832F, -0.166249692F, 0.141814008F, -0.131252989F, 0.128793269F,
        -0.0786556825F
    };
    /// (tanh x - x) / x^3 in x^2 for x up to 0.55
    static constexpr float tangent[] = {
        -0.333333194F, 0.133326143F, -0.0538549386F, 0.021081591F, -0.00628724555F
    };
    /// (sinh x - x) / x^3 in x^2 for x up to 1
    static constexpr float sine[] = {
        0.166666672F, 0.00833335053F, 0.000198360736F, 2.81740222e-6F
    };
    /// erf x / x - 1 in x^2 for x up to 0.75
    static constexpr float error[] = {
        0.128379166F, -0.3761262F, 0.112833917F, -0.0268353578F, 0.00511580706F, -0.000675970747F
    };
    /// erfc(a) e^(a a) / s - 1 in tail_scale s - tail_center, with s = 1/(a + tail_offset), for a from 0.6 to erfc_vanishes
    static constexpr float tail[] = {
        -0.112646617F, 0.281280845F, 0.0330145694F, -0.00807789154F, -0.0018211765F, 0.000625697023F, 7.06389765e-5F,
        -6.32590527e-5F, 2.36275446e-6F, 4.74244371e-6F
    };
    static constexpr float tail_offset = 1.5F, tail_slope = 1.27F;
    // The same for arguments a sqrt(2): sqrt(2) and tail_offset sqrt(2), and what their roundings lose, the first relative to it.
    static constexpr float normal_factor_lost = 1.7114271e-08F, normal_offset = 2.12132025F, normal_offset_low = 9.59094961e-08F;
    static constexpr float tail_scale = 5.12842083F;
    static constexpr float tail_center = 1.44210517F;
};

template <>
struct VectorConstants<double> {
    static constexpr double ln2 = 0.69314718055994529;
    static constexpr double ln2_high = 0.69314718048553914;
    static constexpr double ln2_low = 7.4406171100123968e-11;
    static constexpr double log10_2_high = 0.30102999566315702;
    static constexpr double log10_2_low = 8.241712586023572e-13;
    static constexpr double log2_e = 1.4426950408889634;
    static constexpr double log2_e_low = 2.0355273740931033e-17;
    static constexpr double log10_e = 0.43429448190325182;
    static constexpr double log10_e_low = 1.0983196502167651e-17;
    static constexpr double sqrt2 = 1.4142135623730951;
    static constexpr double sqrt_half = 0.70710678118654757;
    static constexpr double shifter = 0x1.8p52;
    static constexpr std::uint64_t shifter_bits = 0x4338000000000000;
    static constexpr std::uint64_t sqrt_half_bits = 0x3FE6A09E667F3BCD;
    static constexpr std::uint64_t head_mask = 0xFFFFFFFFF8000000;

    static constexpr double exp_lowest = -746, exp_highest = 711, exp2_lowest = -1076, exp2_highest = 1025;
    static constexpr double expm1_lowest = -40, expm1_highest = 710, tanh_saturated = 20, erf_saturated = 6.2;
    static constexpr double erfc_vanishes = 27.3, normal_vanishes = 38.6;
    static constexpr double tanh_small = 0.55, erf_small = 0.75, erfc_small = 0.6, normal_small = 0.85;
    static constexpr double expm1_shift = 0.085;

    /// (e^r - 1 - r) / r^2 for r from -0.3467 to 0.4060
    static constexpr double exponential[] = {
        0.5, 0.1666666666666668, 0.041666666666669253, 0.008333333333318883, 0.0013888888887629985,
        0.00019841269891752127, 2.4801589737305334e-5, 2.7557239793957211e-6, 2.7555272827640665e-7,
        2.5110186832251595e-8, 2.1513835390721136e-9
    };
    /// (2 artanh(s) - 2 s) / s^3 in s^2 for s up to 0.1716
    static constexpr double logarithm[] = {
        0.66666666666667262, 0.39999999999456082, 0.28571428734655224, 0.22222199264018516, 0.18183532348628687,
        0.15314790575703899, 0.14789177469842696
    };
    /// (tanh x - x) / x^3 in x^2 for x up to 0.55
    static constexpr double tangent[] = {
        -0.33333333333332471, 0.1333333333318604, -0.053968253883085578, 0.021869486118492265, -0.008863196206218317,
        0.0035917320420294015, -0.0014532724281633509, 0.0005792893111922525, -0.00021053375465382399,
        5.1171212240645904e-5
    };
    /// (sinh x - x) / x^3 in x^2 for x up to 1
    static constexpr double sine[] = {
        0.16666666666666669, 0.0083333333333331407, 0.00019841269841436432, 2.7557319155672876e-6,
        2.5052123351755387e-8, 1.6057243596836991e-10, 7.759222719149271e-13
    };
    /// erf x / x - 1 in x^2 for x up to 0.75
    static constexpr double error[] = {
        0.12837916709551259, -0.37612638903183715, 0.11283791670952613, -0.026866170644431985, 0.0052239776154565602,
        -0.00085483261908584284, 0.00012055289640578579, -1.4924197838837216e-5, 1.6430702932225407e-6,
        -1.5940186876554249e-7, 1.1472795669785033e-8
    };
    /// erfc(a) e^(a a) / s - 1 in tail_scale s - tail_center, with s = 1/(a + tail_offset), for a from 0.6 to erfc_vanishes
    static constexpr double tail[] = {
        -0.082877583891095882, 0.42027350106690986, 0.12706838001598295, 0.016695601900174207, -0.0036646899547985042,
        -0.0015022303887255659, 0.00019962180089415262, 0.00013195921456887741, -2.4875679212080959e-5,
        -1.186480700981943e-5, 4.2575245910108643e-6, 7.7762334590164652e-7, -6.9019972360272665e-7,
        4.4132926114471829e-8, 8.648019707085345e-8, -2.9710622559311839e-8, -4.5850680657078864e-9,
        6.2071338368805278e-9, -1.2207092265325204e-9, -6.8250395707313414e-10, 3.8558862041986185e-10,
        8.3856767843174408e-12, -4.1816639012080691e-11, 5.7137644855334163e-12
    };
    static constexpr double tail_offset = 2.0, tail_slope = 2.75;
    static constexpr double normal_factor_lost = -6.8358086576619232e-17, normal_offset = 2.8284271247461903;
    static constexpr double normal_offset_low = -1.9334586626905827e-16;
    static constexpr double tail_scale = 5.7063670411985017;
    static constexpr double tail_center = 1.1947565543071161;
};

}  // namespace xtape::detail
