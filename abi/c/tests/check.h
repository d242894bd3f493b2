/* What the tests check with: CHECK says where it failed and goes on; the program's status
 * says whether any did. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <string.h>

static int failures;

#define CHECK(condition)                                                          \
  do {                                                                            \
    if (!(condition)) {                                                           \
      fprintf(stderr, "%s:%d: %s: not true: %s\n", __FILE__, __LINE__, __func__, #condition); \
      failures++;                                                                 \
    }                                                                             \
  } while (0)

#endif
