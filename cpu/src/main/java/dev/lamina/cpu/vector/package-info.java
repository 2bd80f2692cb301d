/** Kernels written in virtual registers: {@link dev.lamina.cpu.vector.KernelCode} makes AVX2 or AVX-512 machine code of them. */
@NullMarked
package dev.lamina.cpu.vector;

import org.jspecify.annotations.NullMarked;
