/** The ready losses; {@link dev.lamina.nn.Losses} makes them. */
@NullMarked
package dev.lamina.nn.losses;

import org.jspecify.annotations.NullMarked;
