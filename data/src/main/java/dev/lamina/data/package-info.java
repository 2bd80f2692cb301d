/** Datasets and the readers that fill them. */
@NullMarked
package dev.lamina.data;

import org.jspecify.annotations.NullMarked;
