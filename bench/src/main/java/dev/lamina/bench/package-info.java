/** Measurements, side by side with something to compare with; see {@link dev.lamina.bench.Main}. */
@NullMarked
package dev.lamina.bench;

import org.jspecify.annotations.NullMarked;
