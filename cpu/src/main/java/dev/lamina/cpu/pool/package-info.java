/** The threads that kernels run on. */
@NullMarked
package dev.lamina.cpu.pool;

import org.jspecify.annotations.NullMarked;
