#include "test/unit/lt_fault.h"

#include <atomic>
#include <cerrno>
#include <mutex>
#include <new>
#include <stdexcept>
#include <thread>

#include <boost/system/system_error.hpp>

static std::mutex lock;
static bool is_armed;
static bool is_here;
static unsigned left;
static lt_fault_kind kind_now;
static std::thread::id owner;
static const char *fired;

extern "C" void lt_fault(const char *where);

void
lt_fault_arm(lt_fault_kind kind, unsigned nth, bool here)
{
	std::lock_guard<std::mutex> hold(lock);

	is_armed = true;
	is_here = here;
	left = nth;
	kind_now = kind;
	owner = std::this_thread::get_id();
	fired = nullptr;
}

const char *
lt_fault_disarm(void)
{
	std::lock_guard<std::mutex> hold(lock);

	is_armed = false;
	return fired;
}

static bool
is_due(const char *where)
{
	std::lock_guard<std::mutex> hold(lock);
	bool mine = std::this_thread::get_id() == owner;

	if (!is_armed || mine != is_here || left-- > 0)
		return false;
	is_armed = false;
	fired = where;
	return true;
}

void
lt_fault(const char *where)
{
	if (!is_due(where))
		return;
	switch (kind_now) {
	case LT_FAULT_BAD_ALLOC:
		throw std::bad_alloc();
	case LT_FAULT_SYSTEM_ERROR:
		throw boost::system::system_error(EIO,
		    boost::system::system_category());
	case LT_FAULT_RUNTIME_ERROR:
		throw std::runtime_error("it was asked for");
	default:
		throw 42;
	}
}
