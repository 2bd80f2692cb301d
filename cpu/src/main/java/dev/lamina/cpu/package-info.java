/** The CPU backend: plain-Java kernels over tiles, on one pool of threads. */
@NullMarked
package dev.lamina.cpu;

import org.jspecify.annotations.NullMarked;
