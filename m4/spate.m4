# SP_ARG(NAME, DEFAULT, TEXT): --enable-NAME or --disable-NAME into sp_NAME.
AC_DEFUN([SP_ARG], [
AC_ARG_ENABLE([$1],
    [AS_HELP_STRING(m4_if([$2], [yes], [--disable-$1], [--enable-$1]),
	m4_if([$2], [yes], [[do not $3]], [[$3]]))],
    [AS_CASE([$enableval],
	[yes|no], [],
	[AC_MSG_ERROR([--enable-$1 takes yes or no, not $enableval])])
    AS_TR_SH([sp_$1])=$enableval],
    [AS_TR_SH([sp_$1])=$2])
])

# SP_TRY_FLAG(FLAG, IF-YES, IF-NO): does the compiler of the present AC_LANG
# take FLAG silently?
AC_DEFUN([SP_TRY_FLAG], [
sp_save_CFLAGS=$CFLAGS
sp_save_CXXFLAGS=$CXXFLAGS
CFLAGS="$CFLAGS -Werror $1"
CXXFLAGS="$CXXFLAGS -Werror $1"
AC_LINK_IFELSE([AC_LANG_PROGRAM()], [sp_ok=yes], [sp_ok=no])
CFLAGS=$sp_save_CFLAGS
CXXFLAGS=$sp_save_CXXFLAGS
AS_IF([test $sp_ok = yes], [$2], [$3])
])

# SP_CC_FLAGS(VARIABLE, FLAGS): those of FLAGS that the compiler takes.
AC_DEFUN([SP_CC_FLAGS], [
AC_MSG_CHECKING([compiler flags for $1])
$1=
for sp_flag in $2; do
	SP_TRY_FLAG([$sp_flag], [$1="$$1 $sp_flag"])
done
AC_MSG_RESULT([$$1])
])

# SP_NEED_FLAG(FLAG, OPTION): an error when the compiler does not take FLAG.
AC_DEFUN([SP_NEED_FLAG], [
SP_TRY_FLAG([$1], [],
    [AC_MSG_ERROR([$2: $CC does not take $1])])
])

# SP_WITH(NAME, TEXT): --with-NAME or --without-NAME into sp_with_NAME: yes, no,
# or auto, which is the default: TEXT if it is there.
AC_DEFUN([SP_WITH], [
AC_ARG_WITH([$1],
    [AS_HELP_STRING([--with-$1], [$2 (default: if it is there)])],
    [AS_CASE([$withval],
	[yes|no], [],
	[AC_MSG_ERROR([--with-$1 takes yes or no, not $withval])])
    AS_TR_SH([sp_with_$1])=$withval],
    [AS_TR_SH([sp_with_$1])=auto])
])
