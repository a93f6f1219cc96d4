/*
 * bench_yyjson: every line of a file read by yyjson into a tree, with a pool that is used again. scripts/bench --peers builds it.
 *
 *	bench_yyjson FILE
 *
 * Prints the records, and how many were read well, on stderr. yyjson looks at UTF-8, not at duplicate keys.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <yyjson.h>

enum { POOL = 64 << 20 };

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
	void *pool = malloc(POOL);
	char *line = NULL;
	size_t room = 0;
	unsigned long records = 0, good = 0;
	ssize_t n;

	if (!file || !pool) {
		fputs("usage: bench_yyjson FILE\n", stderr);
		return 64;
	}
	while ((n = getline(&line, &room, file)) > 0) {
		yyjson_alc allocator;
		yyjson_doc *doc;

		yyjson_alc_pool_init(&allocator, pool, POOL);
		doc = yyjson_read_opts(line, (size_t)n, YYJSON_READ_NOFLAG, &allocator, NULL);
		records++;
		good += doc != NULL;
		yyjson_doc_free(doc);
	}
	fprintf(stderr, "%lu records, %lu good\n", records, good);
	free(line);
	free(pool);
	return ferror(file) || fclose(file) ? 74 : 0;
}
