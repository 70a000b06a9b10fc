#pragma once
// Logarithm and exponential that give the same bits on every machine. The C library's differ in the last bit between
// versions and CPUs (it picks fused multiply-add variants at run time), and one bit is enough to change a simulated
// drill. These use only IEEE add, multiply and divide, in a fixed order. Pure, thread-safe.

namespace blackstart {

/// Natural logarithm; REQUIRES finite x > 0. Within 2 units in the last place, or 1e-16 near 1.
double stable_log(double x);
/// e^x; below -745 it is 0, above 709.78 infinity. Relative error below 1e-15.
double stable_exp(double x);
/// base^exponent for base > 0.
double stable_pow(double base, double exponent);

}  // namespace blackstart
