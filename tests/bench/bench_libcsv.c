/*
 * bench_libcsv: the yardstick for csv2json: libcsv with empty callbacks over a file, 256 KiB at a time. It writes nothing.
 *
 *	bench_libcsv customers.csv
 */
#include <csv.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK = 256 * 1024 };

static void field(void *p, size_t n, void *data)
{
	(void)p;
	(void)n;
	(void)data;
}

static void row(int c, void *data)
{
	(void)c;
	(void)data;
}

int main(int argc, char **argv)
{
	struct csv_parser parser;
	static char block[BLOCK];
	FILE *in = argc == 2 ? fopen(argv[1], "rb") : NULL;
	size_t n;

	if (!in || csv_init(&parser, 0) != 0)
		return EXIT_FAILURE;
	setvbuf(in, NULL, _IONBF, 0);
	while ((n = fread(block, 1, sizeof(block), in)) > 0) {
		if (csv_parse(&parser, block, n, field, row, NULL) != n)
			return EXIT_FAILURE;
	}
	csv_fini(&parser, field, row, NULL);
	csv_free(&parser);
	return ferror(in) ? EXIT_FAILURE : EXIT_SUCCESS;
}
