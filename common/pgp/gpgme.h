/*
 * gpgme: the calls of GPGME that are made. They are there once tg_pgp_begin (home.h) has said TG_OK.
 *
 * A program that may sign, and does not, starts a quarter of a millisecond sooner.
 */
#ifndef TG_PGP_GPGME_H
#define TG_PGP_GPGME_H

#include "common/base/status.h"

#include <gpgme.h>

struct tg_gpgme {
	__typeof__(&gpgme_cancel) cancel;
	__typeof__(&gpgme_check_version) check_version;
	__typeof__(&gpgme_data_new) data_new;
	__typeof__(&gpgme_data_new_from_cbs) data_new_from_cbs;
	__typeof__(&gpgme_data_new_from_mem) data_new_from_mem;
	__typeof__(&gpgme_data_read) data_read;
	__typeof__(&gpgme_data_release) data_release;
	__typeof__(&gpgme_data_seek) data_seek;
	__typeof__(&gpgme_data_set_file_name) data_set_file_name;
	__typeof__(&gpgme_data_set_flag) data_set_flag;
	__typeof__(&gpgme_engine_check_version) engine_check_version;
	__typeof__(&gpgme_get_engine_info) get_engine_info;
	__typeof__(&gpgme_get_key) get_key;
	__typeof__(&gpgme_io_write) io_write;
	__typeof__(&gpgme_key_unref) key_unref;
	__typeof__(&gpgme_new) new;
	__typeof__(&gpgme_op_decrypt_result) op_decrypt_result;
	__typeof__(&gpgme_op_decrypt_verify_start) op_decrypt_verify_start;
	__typeof__(&gpgme_op_encrypt_result) op_encrypt_result;
	__typeof__(&gpgme_op_encrypt_sign_ext_start) op_encrypt_sign_ext_start;
	__typeof__(&gpgme_op_import) op_import;
	__typeof__(&gpgme_op_import_result) op_import_result;
	__typeof__(&gpgme_op_keylist_next) op_keylist_next;
	__typeof__(&gpgme_op_keylist_start) op_keylist_start;
	__typeof__(&gpgme_op_sign_result) op_sign_result;
	__typeof__(&gpgme_op_sign_start) op_sign_start;
	__typeof__(&gpgme_op_verify_result) op_verify_result;
	__typeof__(&gpgme_op_verify_start) op_verify_start;
	__typeof__(&gpgme_release) release;
	__typeof__(&gpgme_set_armor) set_armor;
	__typeof__(&gpgme_set_ctx_flag) set_ctx_flag;
	__typeof__(&gpgme_set_engine_info) set_engine_info;
	__typeof__(&gpgme_set_global_flag) set_global_flag;
	__typeof__(&gpgme_set_io_cbs) set_io_cbs;
	__typeof__(&gpgme_set_keylist_mode) set_keylist_mode;
	__typeof__(&gpgme_set_offline) set_offline;
	__typeof__(&gpgme_set_passphrase_cb) set_passphrase_cb;
	__typeof__(&gpgme_set_pinentry_mode) set_pinentry_mode;
	__typeof__(&gpgme_set_protocol) set_protocol;
	__typeof__(&gpgme_set_status_cb) set_status_cb;
	__typeof__(&gpgme_signers_clear) signers_clear;
	__typeof__(&gpgme_strerror) strerror;
};

extern struct tg_gpgme tg_gpgme;

/* TG_UNAVAILABLE: it is not on this machine. */
TG_MUST_USE enum tg_status tg_gpgme_load(struct tg_error *err);

#endif
