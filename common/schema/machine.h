/*
 * machine: inside common/schema: what evaluates a program, and what it leaves for the messages.
 *
 * A frame is a schema that is being asked about a value; they lie on a stack of our own, so no depth of a record or a contract is a
 * depth of C's. The first frames are on C's stack, and most records need no others. All that grows (frames, marks, errors, buffers)
 * is a tg_state, which is borrowed from the schema's pool when it is first wanted and keeps its size: nothing is allocated a record.
 */
#ifndef TG_SCHEMA_MACHINE_H
#define TG_SCHEMA_MACHINE_H

#include "common/json/pointer.h"
#include "common/schema/program.h"

enum tg_answer {
	TG_ANSWER_NO,
	TG_ANSWER_YES,
	TG_ANSWER_LATER, /* a frame is needed: the machine calls, and the step is taken up again with the answer */
	TG_ANSWER_NONE, /* to a step: it begins */
};

enum tg_relation {
	TG_RELATION_PART, /* a value within the one before */
	TG_RELATION_SAME, /* the same value */
	TG_RELATION_NAME, /* the name of a member */
};

struct tg_frame {
	const struct tg_node *node;
	uint32_t span; /* the value */
	uint32_t step; /* under way */
	uint32_t k;    /* member or element under way */
	uint32_t i;    /* which of several schemas or branches */
	uint32_t count;
	uint32_t guess;	 /* which rule the member under way probably has */
	uint32_t mark;	 /* marks when it began */
	uint32_t before; /* marks before the last call */
	uint32_t errors; /* errors before the step */
	uint32_t best;	 /* and where those of the best branch end */
	uint32_t types;	 /* that branches want which fail by the value's type alone */
	uint32_t typed;	 /* how many branches do */
	uint64_t score;	 /* of the best branch */
	uint32_t depth;
	uint8_t relation;
	bool collect; /* somebody will ask which parts were evaluated */
	bool name;    /* the value is a member's name */
	bool failed;  /* while errors are gathered: what it came to so far */
	bool any;     /* a schema was found for the member under way */
};

enum tg_fault_kind {
	TG_FAULT_CHECK,
	TG_FAULT_TYPE,
	TG_FAULT_FALSE,
	TG_FAULT_REQUIRED,
	TG_FAULT_DEPENDENT,
	TG_FAULT_TYPES, /* none of several branches takes a value of this type */
	TG_FAULT_WORD,	/* that tells branches apart, and leads to none */
	TG_FAULT_MANY,	/* of oneOf */
	TG_FAULT_NOT,
	TG_FAULT_FEW_CONTAINED,
	TG_FAULT_MANY_CONTAINED,
	TG_FAULT_LIMIT, /* the work limit of a pattern (check, or x is 1), or of the record */
};

/* Schemas that are asked about one value and may have words for it, the innermost first. */
enum { TG_ABOUT_MAX = 4 };

/* One thing that is wrong with a record: what the words are made of later. */
struct tg_found {
	uint32_t span;	/* the value at fault */
	uint32_t where; /* the keyword's value in the contract */
	uint32_t depth;
	uint8_t what;  /* enum tg_fault_kind */
	bool name;     /* span is a name */
	uint32_t x, y; /* as `what` needs them */
	uint32_t
		branches; /* how many forms there were, of which this is the closest; 0: no choice */
	const struct tg_node *node;  /* whose keyword it is */
	const struct tg_node *asker; /* that asked for the node; NULL: it is the whole */
	const struct tg_check *check;
	const struct tg_switch
		*by; /* whose word leads to no branch, or (with branches) to this one */
	const struct tg_node *about[TG_ABOUT_MAX]; /* NULL behind the last */
	uint32_t condition; /* the value of the `if` whose then or else asks; 0: none */
	uint32_t way, ways; /* where output is wished for: how it was come to */
};

enum {
	TG_FOUND_MAX = 1000
}; /* kept of a record, of which TG_FAULTS_MAX are told; the others are counted */

/* A keyword of the contract and the pointer to it, which the next record that breaks it is told too. */
struct tg_broken {
	const struct tg_node *node; /* NULL: none yet */
	uint32_t where;
	struct tg_buffer keyword, schema;
};

enum { TG_BROKEN = 128 }; /* that are kept, by where */

struct tg_state {
	struct tg_frame *frame;
	uint32_t frame_room;
	uint32_t *mark; /* parts that were evaluated: a key of an object, an element of an array */
	uint32_t marks, mark_room;
	uint32_t *stamp; /* by span: the look at the marks in which it was there */
	uint32_t stamp_room, stamped;
	struct tg_matcher matcher;
	struct tg_arena scratch;
	struct tg_found *found;
	uint32_t founds, found_room;
	uint32_t lost;	    /* errors beyond TG_FOUND_MAX */
	struct tg_way *way; /* units.c's: the schemas on the way to each of them */
	uint32_t ways, way_room;
	uint8_t *class; /* by span, while errors are gathered */
	uint32_t class_room;
	uint8_t *seen; /* by rule: whether its member is there */
	uint32_t seen_room;
	struct tg_buffer canonical, pointer, schema, title, message, hint, keyword, facts;
	struct tg_broken broken[TG_BROKEN];
	uint32_t *slot; /* of the set of items */
	size_t slot_room;
	struct tg_item *item;
	size_t item_room;
	uint64_t secret[2];
};

/* How far a walk over an object's members has come. */
struct tg_walk {
	uint32_t k;	/* the member */
	uint32_t count; /* required ones so far */
	const struct tg_member_rule *guess;
};

struct tg_machine {
	const struct tg_schema *schema;
	const struct tg_record *rec;
	struct tg_arena *arena; /* for texts with escapes; emptied before the next record */
	const void *thread;	/* tells threads apart */
	struct tg_frame *frame;
	uint32_t frames, frame_room;
	struct tg_state *state; /* NULL: not borrowed yet */
	struct tg_walk
		known; /* over the whole, up to what is not ordinary, or not right; k is 0: not known */
	uint64_t calls, calls_max;
	/* What the step under way asks for. */
	const struct tg_node *call;
	uint32_t call_span;
	enum tg_relation call_relation;
	bool call_failed;
	/* The work ran over a limit: the evaluation is over, and says nothing about validity. */
	bool limited;
	bool stop; /* while errors are gathered: enough is known */
	struct tg_found limit;
	struct tg_frame first[12];
};

/* thread: what tells threads apart. */
void tg_machine_init(struct tg_machine *m, const struct tg_schema *schema,
		     const struct tg_record *rec, struct tg_arena *arena, const void *thread);
void tg_machine_release(struct tg_machine *m); /* gives the state back */

/* Borrows it, if it is not there. */
struct tg_state *tg_machine_state(struct tg_machine *m);

bool tg_machine_valid(struct tg_machine *m);

/* Finds everything: m->state->found, in the order of finding, and the classes of all values. False when there is something. */
bool tg_machine_explain(struct tg_machine *m);

/* The call that the step under way asks for. */
static inline enum tg_answer tg_machine_later(struct tg_machine *m, const struct tg_node *node,
					      uint32_t span, enum tg_relation relation, bool failed)
{
	m->call = node;
	m->call_span = span;
	m->call_relation = relation;
	m->call_failed = failed;
	return TG_ANSWER_LATER;
}

static inline enum tg_match tg_machine_match(struct tg_machine *m, const struct tg_pattern *pattern,
					     bool engine, struct tg_str text)
{
	return tg_pattern_match(pattern, text, engine ? &tg_machine_state(m)->matcher : NULL);
}

/* Whether the object has the member; an honoured _source is none. */
static inline bool tg_machine_has(const struct tg_machine *m, uint32_t object, struct tg_str name)
{
	const struct tg_span *v = tg_member_find(m->rec, &m->rec->span[object], name);

	return v && (m->rec->source == 0 || (uint32_t)(v - m->rec->span) != m->rec->source);
}

/* The rule for a name, NULL: there is none. Members mostly come in the order of the contract, so the rule behind the last one is
 * tried before the table; behind the last of all stands one that no name is like. */
static inline const struct tg_member_rule *
tg_rule_of(const struct tg_members *members, struct tg_str name, const struct tg_member_rule *guess)
{
	uint32_t i;

	if (TG_LIKELY(name.n == guess->name.n)) {
		uint64_t head, tail;

		memcpy(&head, name.p, sizeof(head));
		memcpy(&tail, name.p + guess->tail_at, sizeof(tail));
		if (TG_LIKELY(!(((head & guess->mask) ^ guess->head) |
				((tail & guess->mask) ^ guess->tail))) &&
		    (name.n <= 16 || memcmp(name.p + 8, guess->name.p + 8, name.n - 16) == 0))
			return guess;
	}
	i = tg_names_find(&members->names, name);
	return i == TG_NAMES_NONE ? NULL : &members->rule[i];
}

/*
 * Most members are ordinary: their name is known, one schema speaks of them, and the value is judged on the spot. They are taken
 * here, in a loop that has nothing else in it. It stops before the first that is not, or that is at fault.
 */
void tg_take_ordinary(struct tg_machine *m, const struct tg_members *members, uint32_t end,
		      struct tg_walk *w);

/* The same while errors are gathered. */
void tg_find_ordinary(struct tg_machine *m, const struct tg_members *members, uint32_t end,
		      struct tg_walk *w);

/* What a schema asks of a value by itself. */
bool tg_checks_pass(struct tg_machine *m, const struct tg_node *node, const struct tg_span *v);
bool tg_check_passes(struct tg_machine *m, const struct tg_node *node, const struct tg_check *c,
		     const struct tg_span *v);

/* Whether the elements of an array differ; of two that do not, which. */
bool tg_items_differ(struct tg_machine *m, uint32_t array, uint32_t *x, uint32_t *y);

/*
 * While errors are gathered (find.c)
 */

/* Asks a schema about a value and keeps what is wrong with it. */
TG_COLD enum tg_answer tg_find_in(struct tg_machine *m, const struct tg_frame *f,
				  const struct tg_node *node, uint32_t span,
				  enum tg_relation relation);
/* The value is of the node's class too; the strictest counts. */
static inline void tg_note_class(struct tg_machine *m, uint32_t span, const struct tg_node *node)
{
	uint8_t *known = &m->state->class[span];

	if (*known < node->class)
		*known = node->class;
}

/* An error of the value that the frame is about. */
TG_COLD void tg_find_here(struct tg_machine *m, const struct tg_frame *f, uint32_t where,
			  enum tg_fault_kind what, uint32_t x, uint32_t y);
/* The limit of a pattern, of the value itself or of its name, or, with the node's own place, that of the record. */
TG_COLD void tg_find_limit(struct tg_machine *m, uint32_t span, uint32_t where,
			   const struct tg_node *node, const struct tg_check *check);
TG_COLD void tg_find_missing(struct tg_machine *m, const struct tg_frame *f,
			     const struct tg_members *members);
/* Forgets all but the first errors: they were of a branch that need not be right. */
TG_COLD void tg_find_forget(struct tg_machine *m, uint32_t down_to);
/* A branch failed, with the errors from `from` on. They are kept where it is the closest so far. */
TG_COLD void tg_find_weigh(struct tg_machine *m, struct tg_frame *f, uint32_t from);
/* The word that should lead to a branch leads to none. */
TG_COLD void tg_find_word(struct tg_machine *m, const struct tg_frame *f, const struct tg_step *s);
/* No branch was right. */
TG_COLD void tg_find_no_branch(struct tg_machine *m, struct tg_frame *f, const struct tg_step *s);

/*
 * Holds the contract that begins the joined documents against a meta-schema; TG_CONFIG tells the first fault that skip (whose self
 * that is) does not pass over.
 */
TG_MUST_USE enum tg_status tg_schema_hold(const struct tg_schema *schema,
					  const struct tg_contract *joined,
					  bool (*skip)(const void *self, uint32_t span),
					  const void *self, struct tg_error *err);

struct tg_pool *tg_pool_new(void);
void tg_pool_free(struct tg_pool **pool);

#endif
