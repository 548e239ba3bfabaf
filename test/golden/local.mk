# Golden bytes: NAME.hex is the message, NAME.exp what it says. They are read
# by unit tests from $top_srcdir/test/golden.
EXTRA_DIST += test/golden
