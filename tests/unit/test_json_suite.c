/*
 * The public JSON parsing suite (conformance/json-parsing), each file as one whole document: y_ is taken, n_ refused, i_ as we mean
 * it. And all that jansson says otherwise is known by name.
 *
 * The files lie in TIDEGATE_SHARED, else in ../shared beside TIDEGATE_SOURCE; where they do not, the test is skipped and says so.
 */
#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/json/document.h"
#include "common/json/scan.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum who { OURS, JANSSON };

struct exception {
	const char *name; /* a trailing * is for any ending */
	bool taken;
};

/* Where we mean otherwise than the file's first letter says, and what we mean by the i_ files that are taken; the other i_ files
 * are refused: no UTF-8, half surrogates, a BOM (the reader of lines or documents skips it, not the scanner). */
static const struct exception ours[] = {
	{ "y_object_duplicated_key.json", false },
	{ "y_object_duplicated_key_and_value.json", false },
	{ "i_number_*", true },
	{ "i_structure_500_nested_arrays.json", true },
};

/* Where jansson does otherwise than we: it keeps numbers in 64 bits or a double, keys in C strings, and overlooks a NUL. */
static const struct exception of_jansson[] = {
	{ "i_number_huge_exp.json", false },
	{ "i_number_neg_int_huge_exp.json", false },
	{ "i_number_pos_double_huge_exp.json", false },
	{ "i_number_real_neg_overflow.json", false },
	{ "i_number_real_pos_overflow.json", false },
	{ "i_number_too_big_neg_int.json", false },
	{ "i_number_too_big_pos_int.json", false },
	{ "i_number_very_big_negative_int.json", false },
	{ "y_object_escaped_null_in_key.json", false },
	{ "n_multidigit_number_then_00.json", true },
};

/* What must come out of faults that have a code of their own. */
static const struct {
	const char *name;
	enum tg_scan_fault fault;
} faults[] = {
	{ "y_object_duplicated_key.json", TG_SCAN_DUPLICATE },
	{ "y_object_duplicated_key_and_value.json", TG_SCAN_DUPLICATE },
	{ "n_structure_100000_opening_arrays.json", TG_SCAN_DEPTH },
	{ "n_structure_open_array_object.json", TG_SCAN_DEPTH },
	{ "i_string_1st_surrogate_but_2nd_missing.json", TG_SCAN_ENCODING },
	{ "i_object_key_lone_2nd_surrogate.json", TG_SCAN_ENCODING },
	{ "i_string_invalid_utf-8.json", TG_SCAN_ENCODING },
	{ "i_string_UTF8_surrogate_U+D800.json", TG_SCAN_ENCODING },
};

static unsigned count, failed;

static void tell(bool good, const char *what, const char *name)
{
	printf("%sok %u - %s: %s\n", good ? "" : "not ", ++count, what, name);
	failed += !good;
}

static bool named(const char *name, const char *pattern)
{
	size_t n = strlen(pattern);

	return pattern[n - 1] == '*' ? strncmp(name, pattern, n - 1) == 0
				     : strcmp(name, pattern) == 0;
}

static bool expected(const char *name, enum who who)
{
	bool taken = name[0] == 'y';

	for (size_t i = 0; i < TG_COUNT(ours); i++) {
		if (named(name, ours[i].name))
			taken = ours[i].taken;
	}
	for (size_t i = 0; who == JANSSON && i < TG_COUNT(of_jansson); i++) {
		if (named(name, of_jansson[i].name))
			taken = of_jansson[i].taken;
	}
	return taken;
}

static bool read_file(const char *folder, const char *name, struct tg_buffer *text)
{
	TG_OWN(tg_buffer_release) struct tg_buffer path = TG_BUFFER_INIT;
	FILE *file;
	size_t got;

	tg_buffer_printf(&path, "%s/%s", folder, name);
	tg_buffer_putc(&path, '\0');
	file = fopen(path.p, "rb");
	if (!file)
		return false;
	do {
		got = fread(tg_buffer_room(text, 65536), 1, 65536, file);
		text->n += got;
	} while (got);
	return fclose(file) == 0;
}

static bool jansson_takes(struct tg_str text)
{
	json_error_t error;
	json_t *value = json_loadb(
		text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	bool taken = value != NULL;

	json_decref(value);
	return taken;
}

static void try_file(const char *folder, const char *name)
{
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_buffer_release) struct tg_buffer text = TG_BUFFER_INIT;
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_error err = TG_ERROR_INIT;
	struct tg_record rec, document;
	enum tg_scan_fault fault;
	bool bom;

	if (!read_file(folder, name, &text)) {
		tell(false, "is read", name);
		return;
	}
	tg_buffer_room(&text, 0);
	bom = tg_str_starts(tg_buffer_str(&text), TG_STR("\xef\xbb\xbf"));
	fault = tg_scan(scanner, tg_buffer_str(&text), &rec);
	tell((fault == TG_SCAN_OK) == expected(name, OURS), fault ? "is refused" : "is taken",
	     name);
	tell(jansson_takes(tg_buffer_str(&text)) == expected(name, JANSSON), "jansson, as known",
	     name);
	tell((tg_document_parse(&document, tg_buffer_str(&text), &arena, &err) == TG_OK) ==
		     (fault == TG_SCAN_OK ||
		      strcmp(name, "i_structure_UTF-8_BOM_empty_object.json") == 0),
	     bom ? "as a document, with a BOM" : "as a document", name);
	for (size_t i = 0; i < TG_COUNT(faults); i++) {
		if (named(name, faults[i].name))
			tell(fault == faults[i].fault, tg_scan_code(fault), name);
	}
}

int main(void)
{
	const char *shared = getenv("TIDEGATE_SHARED"), *source = getenv("TIDEGATE_SOURCE");
	TG_OWN(tg_buffer_release) struct tg_buffer folder = TG_BUFFER_INIT;
	struct dirent **entry;
	int files;

	if (shared && *shared)
		tg_buffer_puts(&folder, shared);
	else
		tg_buffer_printf(&folder, "%s/../shared", source ? source : ".");
	tg_buffer_puts(&folder, "/conformance/json-parsing/test_parsing");
	tg_buffer_putc(&folder, '\0');
	files = scandir(folder.p, &entry, NULL, alphasort);
	if (files < 0) {
		printf("ok 1 - json-parsing # SKIP the public suite is not in %s\n1..1\n",
		       folder.p);
		return 0;
	}
	for (int i = 0; i < files; i++) {
		if (strchr("yni", entry[i]->d_name[0]) && entry[i]->d_name[1] == '_')
			try_file(folder.p, entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	tell(count >= 318 * 3, "there are 318 files, and more than", "three checks of each");
	printf("1..%u\n", count);
	return failed != 0;
}
