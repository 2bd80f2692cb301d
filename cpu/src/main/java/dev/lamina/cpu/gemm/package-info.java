/** Matrix products in machine code. */
@NullMarked
package dev.lamina.cpu.gemm;

import org.jspecify.annotations.NullMarked;
