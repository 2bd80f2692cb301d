/** The libraries that bench compares with. */
@NullMarked
package dev.lamina.bench.peers;

import org.jspecify.annotations.NullMarked;
