/** Convolution and pooling in machine code: direct sums over windows, without a matrix of windows in memory. */
@NullMarked
package dev.lamina.cpu.conv;

import org.jspecify.annotations.NullMarked;
