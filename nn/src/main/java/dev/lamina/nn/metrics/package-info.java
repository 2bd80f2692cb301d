/** The ready metrics; {@link dev.lamina.nn.Metrics} makes them. */
@NullMarked
package dev.lamina.nn.metrics;

import org.jspecify.annotations.NullMarked;
