/* state_fixture: a key store of a kind, keys that are numbers, and what is done with them. Files lie in one folder of this run. */
#ifndef TG_TESTS_STATE_FIXTURE_H
#define TG_TESTS_STATE_FIXTURE_H

#include "common/state/store.h"
#include "tests/unit/tap.h"

#define SECOND INT64_C(1000000)
#define DAY (86400 * SECOND)
#define ZONE_A "0123456789abcdef0123456789abcdef"
#define ZONE_B "ffffffffffffffffffffffffffffffff"

extern char folder[]; /* made with the first store that is a file */

struct fixture {
	struct tg_store *store;
	char url[128];
	int64_t now;
};

struct tg_key_entry entry_of(uint64_t n);
struct tg_store *open_store(const char *url, bool timed);
/* kind: "memory:", or a file of its own. */
void fixture_open(struct fixture *f, const char *kind, bool timed);
/* A batch of the keys from..to-1, pending; by an owner that lives. */
void save(struct fixture *f, tg_store_id id, uint64_t snapshot, uint64_t from, uint64_t to);
struct tg_mark mark_of(const struct fixture *f, const char *batch, const char *landing,
		       uint64_t keys);
/* Marks it and sees it. */
enum tg_status land(struct fixture *f, const char *batch, const char *landing, uint64_t keys);
uint64_t snapshot_of(struct fixture *f);
/* How many of the keys from..to-1 the view knows. */
uint64_t known(struct tg_view *v, uint64_t from, uint64_t to);
uint64_t known_now(struct fixture *f, uint64_t window, uint64_t from, uint64_t to);
size_t batches_of(struct fixture *f, enum tg_batch_state state);
void check_store(struct fixture *f);
bool has_file(struct fixture *f, unsigned char n);
/* Does the statement to the store's database. */
void damage(const char *url, const char *statement);
/* A number of the store's database. */
long long count(const char *url, const char *question);
/* With all stores in it; whether it is gone. */
bool remove_folder(void);

#endif
