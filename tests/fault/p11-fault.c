/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS#11 module that forwards to another one and misbehaves when told to,
 * for tests of what SoftHSM never shows. The environment is read at each call:
 *
 *   P11_FAULT_MODULE  path of the module behind it (SoftHSM's by default)
 *   P11_FAULT_LOG     file that gets a line for each C_Login
 *   P11_FAULT_WHEN    path: only while a file is there
 *   P11_FAULT         `ACTION ARG[=VALUE]`:
 *     flags HEX       these flags of the token are set as well
 *     attr HEX=HEX    this attribute reads as this one byte
 *     rv NAME=HEX     C_Sign, C_Login or C_GenerateKeyPair returns this
 *     cut N           signatures are N bytes short
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"

static CK_FUNCTION_LIST *real; /* borrowed: the module stays loaded */
static CK_FUNCTION_LIST list;

/* The argument of @action, when that is what the environment says. */
static const char *told(const char *action)
{
	const char *text = getenv("P11_FAULT");
	const char *when = getenv("P11_FAULT_WHEN");
	size_t len = strlen(action);

	if (when && access(when, F_OK) != 0)
		return NULL;
	if (!text || strncmp(text, action, len) != 0 || text[len] != ' ')
		return NULL;
	return text + len + 1;
}

static CK_RV told_rv(const char *function)
{
	const char *arg = told("rv");
	size_t len = strlen(function);

	if (!arg || strncmp(arg, function, len) != 0 || arg[len] != '=')
		return CKR_OK;
	return strtoul(arg + len + 1, NULL, 16);
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	CK_RV rv = real->C_GetTokenInfo(slot, info);
	const char *arg = told("flags");

	if (rv == CKR_OK && arg)
		info->flags |= strtoul(arg, NULL, 16);
	return rv;
}

static CK_RV get_attribute_value(CK_SESSION_HANDLE session,
	CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attrs, CK_ULONG n)
{
	CK_RV rv = real->C_GetAttributeValue(session, object, attrs, n);
	const char *arg = told("attr");
	CK_ATTRIBUTE_TYPE type;
	char *end;

	if (rv != CKR_OK || !arg)
		return rv;
	type = strtoul(arg, &end, 16);
	for (CK_ULONG i = 0; i < n && *end == '='; i++) {
		if (attrs[i].type == type && attrs[i].pValue)
			*(CK_BYTE *)attrs[i].pValue =
				(CK_BYTE)strtoul(end + 1, NULL, 16);
	}
	return rv;
}

static void note(const char *line)
{
	const char *path = getenv("P11_FAULT_LOG");
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0644) : -1;

	if (fd < 0)
		return;
	if (write(fd, line, strlen(line)) < 0)
		abort();
	(void)close(fd);
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user,
	CK_UTF8CHAR *pin, CK_ULONG len)
{
	CK_RV rv = told_rv("C_Login");

	note("login\n");
	return rv != CKR_OK ? rv : real->C_Login(session, user, pin, len);
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len,
	CK_BYTE *sig, CK_ULONG *sig_len)
{
	CK_RV told_so = told_rv("C_Sign");
	CK_RV rv = real->C_Sign(session, data, len, sig, sig_len);
	const char *cut = told("cut");

	if (rv == CKR_OK && cut)
		*sig_len -= strtoul(cut, NULL, 10);
	return told_so != CKR_OK ? told_so : rv;
}

/* NOLINTNEXTLINE(readability-function-size): C_GenerateKeyPair of PKCS#11 */
static CK_RV generate(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
	CK_ATTRIBUTE *pub, CK_ULONG n_pub, CK_ATTRIBUTE *priv, CK_ULONG n_priv,
	CK_OBJECT_HANDLE *ret_pub, CK_OBJECT_HANDLE *ret_priv)
{
	CK_RV rv = told_rv("C_GenerateKeyPair");

	if (rv != CKR_OK)
		return rv;
	return real->C_GenerateKeyPair(session, mechanism, pub, n_pub, priv,
		n_priv, ret_pub, ret_priv);
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(
	CK_FUNCTION_LIST **ret)
{
	const char *path = getenv("P11_FAULT_MODULE");
	void *module = dlopen(path ? path : SOFTHSM, RTLD_NOW | RTLD_LOCAL);
	CK_C_GetFunctionList get;
	CK_RV rv;

	if (!module)
		return CKR_GENERAL_ERROR;
	*(void **)&get = dlsym(module, "C_GetFunctionList");
	if (!get)
		return CKR_GENERAL_ERROR;
	rv = get(&real);
	if (rv != CKR_OK)
		return rv;
	list = *real;
	list.C_GetFunctionList = C_GetFunctionList;
	list.C_GetTokenInfo = get_token_info;
	list.C_GetAttributeValue = get_attribute_value;
	list.C_Login = login;
	list.C_Sign = sign;
	list.C_GenerateKeyPair = generate;
	*ret = &list;
	return CKR_OK;
}
