/*
 * flip_archive: changes each byte of archives in ten ways, one at a time, and says what the opener made of it.
 *
 *	flip_archive FILE ...
 *
 * A line a file: its name, how often the changed one was refused, and how often it was read as before. One that gave other bytes, or
 * failed in another way, ends the program with 1, and its place is told. For archive_mutation.py: a start of the program for each
 * change would take a hundred times as long.
 */
#include "tests/fuzz/archive_check.h"

#include <locale.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	for (int i = 1; i < argc; i++) {
		TG_OWN(tg_buffer_release) struct tg_buffer bytes = TG_BUFFER_INIT;
		struct tg_error err = TG_ERROR_INIT;
		size_t refused, same, at;

		if (tg_input_slurp(&bytes, argv[i], 1 << 20, &err)) {
			fprintf(stderr, "flip_archive: %s\n", err.text);
			return 2;
		}
		at = archive_flip_all(tg_buffer_str(&bytes), "secret", &refused, &same);
		if (at < bytes.n) {
			printf("%s: a change of byte %zu gives something else\n", argv[i], at);
			return 1;
		}
		printf("%s: %zu refused, %zu as before\n", argv[i], refused, same);
	}
	return 0;
}
