/**
 * Native memory that belongs to the JVM: pooled, 64-byte aligned, freed by reachability, counted against a limit.
 *
 * <p>Nothing here has a {@code close()}. {@link dev.lamina.core.memory.Memory} gives out
 * {@link dev.lamina.core.memory.Buffer}s; the bytes of a buffer live for as long as the buffer, or any segment taken from
 * it, is reachable.
 */
@NullMarked
package dev.lamina.core.memory;

import org.jspecify.annotations.NullMarked;
