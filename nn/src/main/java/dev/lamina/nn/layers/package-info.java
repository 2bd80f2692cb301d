/** The ready layers; {@link dev.lamina.nn.Layers} makes them. */
@NullMarked
package dev.lamina.nn.layers;

import org.jspecify.annotations.NullMarked;
